import os
import stat
from pathlib import Path

import pytest

from uz.errors import MachineError, SecretError
from uz.secret import Secret
from uz.shell import run
from uz.stack import Finished, Owner, Role, Service, Stack
from uz.targets.local.layout import Layout
from uz.targets.local.memory import deliver, forget, memory_backed, opened, place, remove_strangers
from uz.targets.local.users import as_user, user_of
from uz.testing import MemorySecrets

DEBIAN = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard,errors=remount-ro
23 22 0:21 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,inode64
24 22 0:22 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=401512k,mode=755
25 24 0:30 / /run/user/1000 rw,nosuid,nodev,relatime shared:9 - tmpfs tmpfs rw,uid=1000
"""
CONTAINER = """\
501 410 0:52 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
505 502 0:57 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k
"""
OVERMOUNTED = DEBIAN + "26 22 254:2 / /dev/shm rw shared:7 - ext4 /dev/vdb rw\n"
RUN, SHM = Path("/run"), Path("/dev/shm")


@pytest.fixture(autouse=True)
def _all_are_folders(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "mounts" in request.fixturenames:
        monkeypatch.setattr(Path, "is_dir", lambda _: True)


@pytest.mark.parametrize(
    ("mounts", "candidates", "chosen"),
    [
        (DEBIAN, (RUN, SHM), RUN),
        (DEBIAN, (Path("/run/user/1000"), SHM), Path("/run/user/1000")),
        (DEBIAN, (Path("/run/deep/below"),), Path("/run/deep/below")),
        (DEBIAN, (Path("/home/me"), SHM), SHM),
        (CONTAINER, (RUN, SHM), SHM),
    ],
)
def test_the_first_place_in_memory_is_taken(
    mounts: str, candidates: tuple[Path, ...], chosen: Path
) -> None:
    assert memory_backed(mounts, candidates) == chosen


@pytest.mark.parametrize("mounts", [OVERMOUNTED, "", CONTAINER.splitlines()[0]])
def test_a_disk_is_never_taken_for_memory(mounts: str) -> None:
    with pytest.raises(MachineError, match="no memory-backed folder among /dev/shm") as raised:
        memory_backed(mounts, (SHM,))
    assert "not written to a disk" in raised.value.hint


def test_a_place_that_is_not_there_is_passed_over() -> None:
    with pytest.raises(MachineError):
        memory_backed(DEBIAN, (Path("/run/no/such/place"),))


def test_environments_do_not_share_a_place(tmp_path: Path) -> None:
    layouts = [Layout(tmp_path / h, a, e) for h in "xy" for a in "ab" for e in "cd"]
    assert len({place(layout) for layout in layouts}) == 8


@pytest.fixture
def source() -> MemorySecrets:
    """All that the services of the stack need."""
    source = MemorySecrets()
    source.write("edge/certificate", Secret(b"CERTIFICATE"))
    source.write("edge/key", Secret(b"KEY"))
    return source


def test_secrets_are_delivered_to_their_service_alone(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    deliver(prepared, stack, source, {})
    key = prepared.credentials / "edge/key.pem"
    assert key.read_bytes() == b"KEY"
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert list((prepared.credentials / "app").iterdir()) == []
    assert not key.resolve().is_relative_to(prepared.root)
    forget(prepared)


@pytest.fixture
def once(source: MemorySecrets) -> Service:
    """One that runs once, with the app's rights and a secret that the app must not have."""
    source.write("database/migrations", Secret(b"MORE"))
    return Service(
        name="migrate",
        role=Role.WORKER,
        owner=Owner.APP,
        command=("true",),
        ready=Finished(),
        description="",
        credentials={"password": "database/migrations"},
    )


def reads(layout: Layout) -> bool:
    """Whether the app's user gets at the secret."""
    path = layout.credentials / "migrate/password"
    return run([*as_user(user_of(Owner.APP)), "cat", path], timeout=10).stdout == "MORE"


def test_what_runs_once_has_its_secrets_only_while_it_runs(
    prepared: Layout, source: MemorySecrets, once: Service, as_root: None
) -> None:
    deliver(prepared, Stack((once,)), source, {})
    assert not reads(prepared)
    with opened(prepared, once):
        assert reads(prepared)
    assert not reads(prepared)
    forget(prepared)


def test_what_a_killed_run_left_open_is_closed_by_the_next(
    prepared: Layout, source: MemorySecrets, once: Service, as_root: None
) -> None:
    deliver(prepared, Stack((once,)), source, {})
    with opened(prepared, once):
        deliver(prepared, Stack((once,)), source, {})
        assert not reads(prepared)
    forget(prepared)


def test_a_folder_that_was_another_users_is_made_again(
    prepared: Layout, source: MemorySecrets, once: Service, as_root: None
) -> None:
    deliver(prepared, Stack((once,)), source, {})
    os.chown(prepared.credentials / "migrate", 65534, 65534)
    deliver(prepared, Stack((once,)), source, {})
    assert (prepared.credentials / "migrate").stat().st_uid == 0
    forget(prepared)


def test_the_digest_changes_with_the_secret_and_only_then(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    first = deliver(prepared, stack, source, {})
    assert deliver(prepared, stack, source, {}) == first
    other = deliver(prepared, stack, source, {"edge/key": Secret(b"OTHER")})
    assert {name for name in first if first[name] != other[name]} == {"edge"}
    assert (prepared.credentials / "edge/key.pem").read_bytes() == b"OTHER"
    forget(prepared)


def test_a_missing_secret_is_named_with_who_needs_it(prepared: Layout, stack: Stack) -> None:
    with pytest.raises(SecretError, match="edge needs the secret 'edge/certificate': not found"):
        deliver(prepared, stack, MemorySecrets(), {})
    forget(prepared)


def test_what_no_service_needs_any_more_is_removed(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    deliver(prepared, stack, source, {})
    (prepared.credentials / "gone").mkdir()
    left = Stack(stack.in_role(Role.EDGE))
    deliver(prepared, left, source, {})
    assert len(list(prepared.credentials.iterdir())) > 1, "what may be read still is left alone"
    remove_strangers(prepared, left)
    assert [path.name for path in prepared.credentials.iterdir()] == ["edge"]
    forget(prepared)


def test_a_secret_that_is_no_longer_asked_for_does_not_stay_readable(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    deliver(prepared, stack, source, {})
    dropped = prepared.credentials / "edge" / "dropped"
    dropped.write_bytes(b"a value")
    remove_strangers(prepared, stack)
    assert not dropped.exists()
    assert (prepared.credentials / "edge/key.pem").exists()
    forget(prepared)


def test_digests_of_secrets_cannot_be_guessed_without_the_key(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    plain, keyed = (deliver(prepared, stack, source, {}, key=key) for key in (b"", b"key"))
    assert plain["edge"] != keyed["edge"]
    forget(prepared)


def test_to_forget_leaves_nothing_in_memory(
    prepared: Layout, stack: Stack, source: MemorySecrets
) -> None:
    deliver(prepared, stack, source, {})
    there = place(prepared)
    forget(prepared)
    forget(prepared)
    assert not there.exists()


def test_what_is_not_a_folder_of_uz_is_left_alone(prepared: Layout) -> None:
    there = place(prepared)
    there.write_text("")
    try:
        with pytest.raises(MachineError, match="not a folder of Uz's own"):
            forget(prepared)
    finally:
        there.unlink()

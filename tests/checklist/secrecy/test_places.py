from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import places as module
from uz.checklist.secrecy.places import data, files, history, processes, releases, work_tree
from uz.errors import MachineError
from uz.scanning.baseline import FILE
from uz.secret import Secret
from uz.testing import FakeEnvironment
from uz.verdict import State


def value(stand: SecrecyStand, name: str = "redis/app") -> bytes:
    return stand.secret(name).reveal()


@pytest.mark.parametrize(
    "path", ["config/edge/nginx.conf", "logs/app-1.log", "state.json", "evidence/x.json", "run/x"]
)
def test_a_real_value_is_found_in_every_part_of_the_folder(stand: SecrecyStand, path: str) -> None:
    file = stand.own / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"it is " + value(stand))
    found = files(stand)
    assert (found.state, found.reason) == (State.REFUTED, f"redis/app in {path}:1")
    assert value(stand).decode() not in str(found)


def test_the_bootstrap_credential_may_lie_in_its_file_and_nowhere_else(
    stand: SecrecyStand,
) -> None:
    assert files(stand).state is State.PROVEN
    copy = stand.own.parent / f"{stand.name}.bootstrap.old"
    copy.write_bytes(stand.bootstrap.read_bytes())
    found = files(stand)
    assert found.state is State.REFUTED
    assert found.reason == f"the bootstrap credential in {copy}:1"


def test_a_recovery_kit_that_can_be_read_is_refuted_with_what_to_do(stand: SecrecyStand) -> None:
    kit = stand.own.parent / f"{stand.name}.recovery-kit.json"
    kit.write_text("{}")
    assert "uz secrets kit --remove" in files(stand).reason
    kit.rename(kit.with_suffix(".age"))
    assert files(stand).state is State.PROVEN


def test_the_audit_trail_beside_is_looked_at(stand: SecrecyStand) -> None:
    (stand.own.parent / "audit.jsonl").write_bytes(value(stand))
    assert files(stand).state is State.REFUTED


def test_credentials_on_a_disk_are_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_disk(*_: object) -> object:
        raise MachineError("no memory")

    monkeypatch.setattr(module, "memory_backed", on_disk)
    assert "delivered to a disk" in files(stand).reason


def test_data_and_releases_have_searches_of_their_own(stand: SecrecyStand) -> None:
    (stand.own / "data/redis/dump").write_bytes(value(stand))
    assert files(stand).state is State.PROVEN
    assert data(stand).reason == "redis/app in data/redis/dump:1"
    (stand.own / "releases/0001/app.py").write_bytes(value(stand))
    assert releases(stand).reason == "redis/app in releases/0001/app.py:1"


def test_a_release_that_runs_from_elsewhere_is_looked_at(
    stand: SecrecyStand, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "0007"
    elsewhere.mkdir()
    (elsewhere / "app.py").write_bytes(value(stand))
    (stand.own / "active/app-1").symlink_to(elsewhere)
    assert releases(stand).reason == f"redis/app in {elsewhere}/app.py:1"


def test_no_release_at_all_is_no_pass(stand: SecrecyStand) -> None:
    (stand.own / "releases/0001/app.py").unlink()
    assert releases(stand).state is State.UNKNOWN


def test_a_part_that_is_missing_is_no_pass(stand: SecrecyStand) -> None:
    (stand.own / "data/redis/dump").unlink()
    assert data(stand).state is State.UNKNOWN


def test_a_value_in_the_project_and_then_only_in_its_history(stand: SecrecyStand) -> None:
    (stand.project / "settings.py").write_bytes(b"KEY = '" + value(stand) + b"'\n")
    assert work_tree(stand).reason == "redis/app in settings.py:1"
    assert history(stand).state is State.PROVEN
    stand.git("add", "settings.py")
    stand.git("commit", "--quiet", "-m", "oops")
    stand.git("rm", "--quiet", "settings.py")
    stand.git("commit", "--quiet", "-m", "hide it")
    assert work_tree(stand).state is State.PROVEN
    found = history(stand)
    assert found.state is State.REFUTED
    assert "redis/app in .git: blob" in found.reason
    assert "settings.py in " in found.reason


def test_what_was_committed_and_rotated_since_is_closed(stand: SecrecyStand) -> None:
    (stand.project / "settings.py").write_bytes(value(stand))
    stand.git("add", "settings.py")
    stand.git("commit", "--quiet", "-m", "oops")
    assert history(stand).state is State.REFUTED
    stand.rotate("redis/app")
    found = history(stand)
    assert (found.state, found.figures["closed"]) == (State.PROVEN, "redis/app (version 1)")


def test_an_old_key_of_the_user_s_in_history_is_found_until_the_baseline_accepts_it(
    tmp_path: Path,
) -> None:
    reference = "ref+vault://secret/stripe#/key"
    with a_stand(tmp_path, trial(app={"env": {"STRIPE_KEY": reference}})) as stand:
        leaked = stand.sensitive()[reference]
        (stand.project / "settings.py").write_bytes(leaked.reveal())
        stand.git("add", "settings.py")
        stand.git("commit", "--quiet", "-m", "oops")
        stand.manager.write("secret/stripe", {"key": Secret(b"another-key-of-stripe")})
        found = history(stand)
        assert found.state is State.REFUTED
        assert f"{reference} (version 1) in .git: blob" in found.reason
        (stand.project / FILE).write_text(
            f'[[accepted]]\nfingerprint = "{reference} (version 1)"\n'
            'reason = "revoked at Stripe"\nexpires = 2999-01-01\n'
        )
        found = history(stand)
        assert found.state is State.PROVEN, found.reason
        assert found.figures["accepted_versions"] == f"{reference} (version 1)"


def test_two_names_of_one_value_are_one_secret_to_its_reader(stand: SecrecyStand) -> None:
    stand.source.write("a-second-name", stand.secret("redis/app"))
    assert "a-second-name" in stand.sensitive()
    found = processes(stand)
    assert found.state is State.PROVEN, found.reason


def test_a_project_without_a_repository_has_no_history(stand: SecrecyStand) -> None:
    (stand.project / ".git").rename(stand.project.parent / "elsewhere.git")
    assert history(stand).state is State.INAPPLICABLE
    assert work_tree(stand).state is State.PROVEN


def test_a_project_that_is_not_there_is_unknown() -> None:
    assert work_tree(FakeEnvironment()).state is State.UNKNOWN


def test_another_secret_in_a_named_reader_s_environment_is_refuted(stand: SecrecyStand) -> None:
    assert processes(stand).state is State.PROVEN
    stand.begin(OTHER=value(stand, "redis/admin").decode())
    found = processes(stand)
    assert found.state is State.REFUTED
    assert "redis/admin in process" in found.reason
    assert found.reason.endswith("variable OTHER")

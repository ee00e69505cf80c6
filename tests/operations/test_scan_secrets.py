import os
from pathlib import Path

import pytest
from tests.operations.cluster import Steps
from tests.places import Projects
from tests.scanning.conftest import Repository
from tests.scanning.gitleaks import TOKEN, program

from uz.checklist.secrecy.readers import named_readers
from uz.environment import ServiceStatus
from uz.errors import ProgramError, SpecError
from uz.operations import scan_secrets
from uz.operations.place import Place
from uz.operations.scan_secrets import scan
from uz.operations.scanned import Scanned
from uz.scanning import places
from uz.scanning.finding import Kind
from uz.scanning.processes import Given
from uz.secret import Secret
from uz.targets.local.environment import LocalEnvironment

VALUE = b"n0-such-value+in/any?other=file"
SECRETS = {"redis/app": Secret(VALUE)}
pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scanner for patterns."""
    return program(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def patterns(given_to: list[Given], monkeypatch: pytest.MonkeyPatch, scanner: Path) -> None:
    """The real scanner for patterns, instead of one that finds nothing."""
    monkeypatch.setattr(scan_secrets, "gitleaks_program", lambda: scanner)


@pytest.fixture
def given_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Given]:
    """What the only processes of the machine were given; empty at first."""
    found: list[Given] = []
    nothing = tmp_path / "scanner"
    nothing.write_text("#!/bin/sh\necho '[]'\n")
    nothing.chmod(0o755)
    monkeypatch.setattr(scan_secrets, "gitleaks_program", lambda: nothing)
    monkeypatch.setattr(places, "processes", lambda: iter(found))
    return found


@pytest.fixture
def place(projects: Projects, given_to: list[Given]) -> Place:
    """A project under git, brought up, with a Redis."""
    one = projects.applied(redis={"purpose": "cache"})
    Repository(one.project).git("init", "--quiet", "--initial-branch=main")
    return one


@pytest.fixture
def repository(place: Place) -> Repository:
    """The project's repository, with one commit."""
    one = Repository(place.project)
    one.commit()
    return one


def spots(scanned: Scanned) -> set[str]:
    """Where something was found."""
    return {str(one.spot) for one in scanned.findings}


def test_a_clean_project_is_clean(place: Place, repository: Repository, steps: Steps) -> None:
    scanned = scan(place, SECRETS, progress=steps)
    assert (scanned.findings, scanned.gaps, scanned.exit_code) == ((), (), 0)
    assert list(scanned.places) == ["work tree", "history", "environment", "processes"]
    assert all(one.things for name, one in scanned.places.items() if name != "processes")
    assert [name for name, _ in steps.said] == [*scanned.places, "patterns"]


PLANTED = {
    "project/.env": ".env:1",
    "project/src/app.py": "src/app.py:1",
    **{
        f"home/shop/{path}": f"HOME/shop/{path}:1"
        for path in (
            "production/config/services/app-1",
            "production/data/app/cache.bin",
            "production/logs/app-1.log",
            "production/releases/0001/dist/app.js",
            "production/evidence/secrets.json",
            "audit.jsonl",
        )
    },
}
"""Where a value is put, and how that place is told."""


@pytest.mark.parametrize(("path", "told"), PLANTED.items(), ids=PLANTED)
@pytest.mark.usefixtures("repository")
def test_a_planted_value_is_found_in_every_place(
    place: Place, projects: Projects, steps: Steps, path: str, told: str
) -> None:
    target = projects.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(VALUE)
    scanned = scan(place, SECRETS, progress=steps)
    assert spots(scanned) == {told.replace("HOME", str(projects.home))}
    assert scanned.exit_code == 1


@pytest.mark.usefixtures("repository")
def test_neither_credentials_in_memory_nor_the_bootstrap_credential_are_looked_at(
    place: Place, tmp_path: Path, steps: Steps
) -> None:
    (tmp_path / "app").write_bytes(VALUE)
    place.layout.credentials.symlink_to(tmp_path)
    place.layout.bootstrap.write_bytes(VALUE)
    assert scan(place, SECRETS, progress=steps).findings == ()


def test_an_old_value_is_closed_in_history_and_counts_everywhere_else(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit(config=b"old-value-of-redis " + VALUE)
    repository.commit(config=b"")
    closed = {"redis/app": Secret(b"old-value-of-redis")}
    scanned = scan(place, SECRETS, closed=closed, progress=steps)
    assert len(scanned.closed) == len(scanned.findings) == 1
    assert scanned.closed[0].spot == scanned.findings[0].spot
    (place.project / ".env").write_bytes(b"old-value-of-redis")
    scanned = scan(place, {}, closed=closed, progress=steps)
    assert spots(scanned) == {".env:1"}
    assert len(scanned.closed) == 1


def test_only_closed_values_in_history_are_clean(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit("password old-value-of-redis")
    closed = {"redis/app": Secret(b"old-value-of-redis")}
    scanned = scan(place, SECRETS, closed=closed, progress=steps)
    assert scanned.closed
    assert scanned.exit_code == 0


def test_what_only_the_app_knew_is_replaced_and_not_called_refused(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit("old-session-key-of-the-app")
    closed = {"app/key (version 1)": Secret(b"old-session-key-of-the-app")}
    scanned = scan(place, SECRETS, closed=closed, progress=steps)
    assert (scanned.closed, bool(scanned.replaced), scanned.exit_code) == ((), True, 0)


OLD = "ref+vault://secret/stripe#/key (version 1)"
SUPERSEDED = {OLD: Secret(b"old-key-of-stripe")}


def accept(place: Place, until: str, name: str = OLD) -> None:
    (place.project / ".uz-secrets-baseline.toml").write_text(
        f'[[accepted]]\nfingerprint = "{name}"\nreason = "revoked"\nexpires = {until}\n'
    )


def test_an_old_key_of_the_user_s_is_found_until_the_baseline_accepts_it(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit("key old-key-of-stripe")
    scanned = scan(place, SECRETS, superseded=SUPERSEDED, progress=steps)
    assert ({one.secret for one in scanned.findings}, scanned.exit_code) == ({OLD}, 1)
    accept(place, "2999-01-01")
    scanned = scan(place, SECRETS, superseded=SUPERSEDED, progress=steps)
    assert (scanned.findings, bool(scanned.accepted_versions), scanned.exit_code) == ((), True, 0)
    assert (scanned.closed, scanned.patterns.stale) == ((), ())
    (place.project / ".env").write_bytes(b"old-key-of-stripe")
    assert spots(scan(place, SECRETS, superseded=SUPERSEDED, progress=steps)) == {".env:1"}


def test_an_entry_for_an_old_key_ends_and_is_told_when_it_covers_nothing(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit("key old-key-of-stripe")
    accept(place, "2020-01-01")
    scanned = scan(place, SECRETS, superseded=SUPERSEDED, progress=steps)
    assert ([one.fingerprint for one in scanned.patterns.expired], scanned.exit_code) == ([OLD], 1)
    accept(place, "2999-01-01", OLD.replace("1)", "7)"))
    scanned = scan(place, SECRETS, superseded=SUPERSEDED, progress=steps)
    assert (len(scanned.patterns.stale), scanned.exit_code) == (1, 1)
    assert scan(place, {}, progress=steps).patterns.stale == (), "where no values are known"


def test_a_reader_may_still_have_the_old_key_that_it_was_given(
    place: Place, given_to: list[Given], steps: Steps
) -> None:
    given_to.append(Given(7, "app", Kind.VARIABLE, b"STRIPE_KEY=old-key-of-stripe"))

    def allowed(pid: int, variable: str, secret: str) -> bool:
        return (pid, variable, secret) == (7, "STRIPE_KEY", OLD.partition(" ")[0])

    scanned = scan(place, SECRETS, superseded=SUPERSEDED, progress=steps, allowed=allowed)
    assert (scanned.findings, len(scanned.allowed)) == ((), 1)


def test_two_references_to_one_value_are_one_secret_to_its_reader(
    place: Place, given_to: list[Given], steps: Steps
) -> None:
    given_to.append(Given(7, "app", Kind.VARIABLE, b"REDIS_URL=" + VALUE))
    twice = {**SECRETS, "ref+vault://secret/redis#/url": Secret(VALUE)}
    scanned = scan(place, twice, progress=steps, allowed=lambda *one: one[2] == "redis/app")
    assert (scanned.findings, len(scanned.allowed)) == ((), 2)


@pytest.mark.usefixtures("repository")
def test_a_named_reader_may_have_its_variable_and_nobody_else(
    place: Place, given_to: list[Given], steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = (ServiceStatus("app-1", "", True, True, pid=os.getpid()),)
    monkeypatch.setattr(LocalEnvironment, "status", lambda _: status)
    url = b"REDIS_URL=redis://app:" + VALUE + b"@127.0.0.1/0\0"
    given_to += [
        Given(os.getpid(), "app", Kind.VARIABLE, url + b"OTHER=" + VALUE),
        Given(1, "init", Kind.VARIABLE, url),
        Given(os.getpid(), "app", Kind.ARGUMENT, b"app\0" + VALUE),
    ]
    scanned = scan(place, SECRETS, progress=steps, allowed=named_readers(place.environment))
    (allowed,) = scanned.allowed
    assert (allowed.spot.pid, allowed.spot.variable) == (os.getpid(), "REDIS_URL")
    assert spots(scanned) == {
        f"process {os.getpid()} (app), variable OTHER",
        f"process {os.getpid()} (app), argument 1",
        "process 1 (init), variable REDIS_URL",
    }
    assert len(scan(place, SECRETS, progress=steps).findings) == 4


def test_a_stale_value_in_a_readers_environment_is_not_allowed(
    place: Place, given_to: list[Given], steps: Steps
) -> None:
    given_to.append(Given(7, "app", Kind.VARIABLE, b"REDIS_URL=" + VALUE))
    scanned = scan(place, {}, closed=SECRETS, progress=steps, allowed=lambda *_: True)
    assert len(scanned.findings) == 1


@pytest.mark.usefixtures("patterns")
def test_patterns_are_looked_for_and_only_new_ones_count(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit(example=b"token = " + TOKEN)
    scanned = scan(place, SECRETS, progress=steps)
    assert {one.file for one in scanned.patterns.new} == {"example"}
    assert len(scanned.patterns.new) == 2, "in the work tree, and in a commit"
    assert scanned.exit_code == 1
    entry = (
        '[[accepted]]\nfingerprint = "example:github-pat:1"\nreason = "an example"\n'
        "expires = 2999-01-01\n"
    )
    (place.project / ".uz-secrets-baseline.toml").write_text(entry)
    scanned = scan(place, SECRETS, progress=steps)
    assert (scanned.patterns.new, scanned.exit_code) == ((), 0)
    assert len(scanned.patterns.accepted) == 2
    other = place.layout.home / "other.toml"
    other.write_text("")
    assert scan(place, SECRETS, progress=steps, baseline=other).exit_code == 1


@pytest.mark.usefixtures("patterns")
def test_history_is_left_out_where_that_is_asked_for_and_it_is_told(
    place: Place, repository: Repository, steps: Steps
) -> None:
    repository.commit(a=VALUE + b"\ntoken = " + TOKEN)
    repository.commit(a=b"")
    scanned = scan(place, SECRETS, progress=steps, history=False)
    assert (scanned.findings, scanned.patterns.new, scanned.exit_code) == ((), (), 0)
    assert [str(gap) for gap in scanned.gaps] == ["history: left out, as asked for"]


@pytest.mark.usefixtures("repository")
def test_without_values_only_patterns_are_looked_for_and_gaps_are_still_told(
    place: Place, steps: Steps
) -> None:
    (place.project / ".git/shallow").touch()
    (place.project / ".gitleaksignore").touch()
    scanned = scan(place, {}, progress=steps)
    assert list(scanned.places) == ["work tree", "history"]
    assert scanned.values == 0
    assert {gap.what for gap in scanned.gaps} == {".git: history", ".gitleaksignore"}
    assert scanned.exit_code == 3


@pytest.mark.usefixtures("repository", "patterns")
def test_a_file_named_like_a_value_does_not_tell_it(place: Place, steps: Steps) -> None:
    (place.project / "hunter2hunter2.txt").write_bytes(b"token = " + TOKEN)
    scanned = scan(place, {"key": Secret(b"hunter2hunter2")}, progress=steps)
    assert spots(scanned) == {"the name of ***.txt"}
    assert scanned.patterns.new[0].fingerprint == "***.txt:github-pat:1"
    assert "hunter2" not in repr(scanned)


@pytest.mark.usefixtures("repository")
def test_values_too_short_to_be_looked_for_are_named(place: Place, steps: Steps) -> None:
    scanned = scan(place, {"pin": Secret(b"1234")}, progress=steps)
    assert (scanned.too_short, scanned.exit_code) == (("pin",), 3)


def test_a_baseline_that_cannot_be_used_ends_it_before_anything_is_read(
    place: Place, steps: Steps
) -> None:
    with pytest.raises(SpecError):
        scan(place, SECRETS, progress=steps, baseline=Path("/nonexistent.toml"))
    assert steps.said == []


def test_without_the_scanner_nothing_is_called_clean(
    place: Place, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise ProgramError("gitleaks is not installed")

    monkeypatch.setattr(scan_secrets, "gitleaks_program", missing)
    with pytest.raises(ProgramError):
        scan(place, SECRETS, progress=steps)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.usefixtures("patterns")
def test_a_repository_of_another_user_is_read_with_that_users_rights(
    place: Place, repository: Repository, projects: Projects, steps: Steps, scanner: Path
) -> None:
    if not all(os.stat(one).st_mode & 0o001 for one in scanner.parents):  # noqa: PTH116
        pytest.skip("the scanner lies where other users do not get")
    repository.commit(a=VALUE + b"\ntoken = " + TOKEN)
    repository.git("config", "core.fsmonitor", "touch /tmp/never; false")
    projects.folder.chmod(0o755)
    for path in [place.project, *place.project.rglob("*")]:
        os.chown(path, 65534, 65534)
    scanned = scan(place, SECRETS, progress=steps)
    assert scanned.gaps == ()
    assert len(scanned.patterns.new) == 2
    assert len(scanned.findings) == 2

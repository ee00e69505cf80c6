from pathlib import Path

import pytest

from uz.errors import ProgramError
from uz.machine import Program
from uz.operations import doctor
from uz.operations.doctor import (
    TOOLS,
    Finding,
    apt_command,
    can_install,
    examine,
    privileged,
)
from uz.programs import OtherVersionError, needed
from uz.testing import MACHINE, spec

EMBEDDED = {"offsite": "embedded"}
OPENBAO = {"manager": "openbao"}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Debian 12 with everything that is needed, and an ordinary user."""
    first = tmp_path / "first"
    first.write_text("1024\n")
    monkeypatch.setattr(doctor, "this_distribution", lambda: "debian 12")
    monkeypatch.setattr(doctor, "find", lambda one, _tools: MACHINE.programs[one.name])
    monkeypatch.setattr(doctor, "sslyze_program", lambda: Path("/tools/sslyze"))
    monkeypatch.setattr(doctor, "gitleaks_program", lambda: Path("/tools/gitleaks"))
    monkeypatch.setattr(doctor, "isolated", lambda: False)
    monkeypatch.setattr(doctor, "missing_users", lambda: ())
    monkeypatch.setattr(doctor, "may_bind_low_ports", lambda: False)
    monkeypatch.setattr(doctor, "UNPRIVILEGED", first)


def finding(name: str, lowest: int = 21080) -> Finding:
    """What was found out about one thing."""
    return next(one for one in examine(lowest) if one.name == name)


def has(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    """Let the machine have nginx in this version."""
    found = {**MACHINE.programs, "nginx": Program("nginx", "/usr/sbin/nginx", version)}
    monkeypatch.setattr(doctor, "find", lambda one, _tools: found[one.name])


def test_everything_that_is_needed_is_looked_at() -> None:
    found = examine(21080)
    assert [one.name for one in found] == [
        *(one.name for one in needed(None)), "sslyze", "gitleaks", "users", "ports",
    ]  # fmt: skip
    assert all(one.fine and one.purpose for one in found)


def test_a_version_that_was_tried_is_known_to_work() -> None:
    assert finding("nginx").note == "known to work"
    assert finding("nginx").found == "1.22.1 (/usr/sbin/nginx)"


@pytest.mark.parametrize(
    ("version", "fine", "note"),
    [
        ((1, 22), True, "known to work"),
        ((1, 221), True, "not tried: on debian 12 it was 1.22"),
        ((1, 26, 0), True, "not tried: on debian 12 it was 1.22"),
        ((1, 19, 5), True, "not tried: on debian 12 it was 1.22"),
        ((1, 19, 4), False, "too old: 1.19.5 is needed"),
    ],
)
def test_other_versions_are_untried_or_too_old(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], fine: bool, note: str
) -> None:
    has(monkeypatch, version)
    assert (finding("nginx").fine, finding("nginx").note) == (fine, note)


def test_an_unknown_distribution_is_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "this_distribution", lambda: "arch")
    assert (finding("nginx").fine, finding("nginx").note) == (True, "not tried on arch")


def test_a_program_that_is_not_there_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find", lambda *_: None)
    one = finding("setpriv")
    assert (one.fine, one.note, one.package) == (False, "not found", "util-linux")


def test_a_program_that_tells_no_version_is_not_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Program:
        raise ProgramError("nginx -v tells no version")

    monkeypatch.setattr(doctor, "find", broken)
    assert (finding("nginx").fine, finding("nginx").note) == (False, "nginx -v tells no version")


def database(version: int | None) -> Finding:
    """What was found out about PostgreSQL, where a Spec names a version."""
    found = examine(21080, spec(database={} if version is None else {"version": version}))
    return next(one for one in found if one.name == "postgres")


@pytest.mark.parametrize(
    ("version", "package", "note"),
    [
        (None, "postgresql", "not found"),
        (15, "postgresql-15", "not found"),
        (16, "postgresql-16", "not found; debian 12 brings 15"),
    ],
)
def test_the_package_is_that_of_the_version_named(
    monkeypatch: pytest.MonkeyPatch, version: int | None, package: str, note: str
) -> None:
    monkeypatch.setattr(doctor, "find", lambda *_: None)
    one = database(version)
    assert (one.fine, one.package, one.note) == (False, package, note)


def test_a_version_that_is_not_there_can_be_installed_beside_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other(*_: object) -> Program:
        raise OtherVersionError("PostgreSQL 15 is not on this machine (17 is)")

    monkeypatch.setattr(doctor, "find", other)
    one = database(15)
    assert (one.fine, one.package) == (False, "postgresql-15")
    assert one.note == "PostgreSQL 15 is not on this machine (17 is)"


def test_every_minor_version_of_a_known_major_one_is_known_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/usr/lib/postgresql/15/bin/postgres"
    monkeypatch.setattr(doctor, "find", lambda one, _tools: Program(one.name, path, (15, 18)))
    one = database(None)
    assert (one.fine, one.found, one.note) == (True, f"15.18 ({path})", "known to work")


@pytest.mark.parametrize("name", ["sslyze", "gitleaks"])
def test_a_scanner_that_is_not_there_is_not_fine(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def absent() -> Path:
        raise ProgramError("not installed")

    monkeypatch.setattr(doctor, f"{name}_program", absent)
    assert (finding(name).fine, finding(name).note) == (False, "not found")


def test_the_secrets_manager_is_looked_for_where_uz_runs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "find", lambda *_: None)
    names = [one.name for one in examine(21080, spec(secrets={"manager": "openbao"}))]
    assert "bao" in names
    assert "bao" not in [one.name for one in examine(21080, spec())]
    one = finding("bao")
    assert (one.fine, one.note, one.package) == (False, "not found", "")


def test_the_store_for_rehearsals_is_looked_for_where_backups_leave_the_machine() -> None:
    elsewhere = {
        "offsite": "s3://vault",
        "access_key": "ref+vault://secret/shop#/a",
        "secret_key": "ref+vault://secret/shop#/b",
    }
    for backups in (elsewhere, EMBEDDED):
        assert "weed" in [one.name for one in examine(21080, spec(backups=backups))]
    for other in (spec(), spec(backups={}), None):
        assert "weed" not in [one.name for one in examine(21080, other)]


def test_an_ordinary_user_installs_tools_himself() -> None:
    """Root prepares the machine for him; what lies in his own folder is his to get."""
    found = {one.name for one in examine(21080, ordinary_user=True)}
    assert not TOOLS & found
    known = {one.name for one in examine(21080, spec(backups=EMBEDDED, secrets=OPENBAO))}
    assert known >= TOOLS


@pytest.mark.parametrize(
    ("root", "missing", "fine", "note"),
    [
        (False, ("uz",), True, "off: only root can part them"),
        (True, (), True, "they exist"),
        (True, ("uz", "uz-app"), False, "missing: uz, uz-app"),
    ],
)
def test_users_of_their_own_are_needed_by_root_only(
    monkeypatch: pytest.MonkeyPatch, root: bool, missing: tuple[str, ...], fine: bool, note: str
) -> None:
    monkeypatch.setattr(doctor, "isolated", lambda: root)
    monkeypatch.setattr(doctor, "missing_users", lambda: missing)
    assert (finding("users").fine, finding("users").note) == (fine, note)


@pytest.mark.parametrize(
    ("lowest", "root", "granted", "fine"),
    [
        (21080, False, False, True),
        (1024, False, False, True),
        (80, False, False, False),
        (80, False, True, True),
        (80, True, False, True),
    ],
)
def test_low_ports_need_a_permission(
    monkeypatch: pytest.MonkeyPatch, lowest: int, root: bool, granted: bool, fine: bool
) -> None:
    monkeypatch.setattr(doctor, "isolated", lambda: root)
    monkeypatch.setattr(doctor, "may_bind_low_ports", lambda: granted)
    one = finding("ports", lowest)
    assert one.fine == fine
    assert one.note


def missing(package: str) -> Finding:
    return Finding(package, "", False, "", "not found", package)


def test_missing_packages_are_one_command_each_named_once() -> None:
    found = (missing("nginx"), missing("git"), missing("git"), finding("ports"))
    assert apt_command(found)[:2] == ["apt-get", "install"]
    assert apt_command(found)[-2:] == ["git", "nginx"]


def test_nothing_missing_is_no_command() -> None:
    assert apt_command(examine(21080)) == []


@pytest.mark.parametrize(
    ("name", "can"), [("debian 12", True), ("ubuntu 24.04", True), ("arch", False), ("", False)]
)
def test_only_known_distributions_are_installed_on(
    monkeypatch: pytest.MonkeyPatch, name: str, can: bool
) -> None:
    monkeypatch.setattr(doctor, "this_distribution", lambda: name or "unknown")
    assert (can_install() == "") == can


def test_only_root_may_change_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not privileged()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert privileged()

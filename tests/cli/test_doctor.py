from dataclasses import dataclass, field, replace

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations import doctor, install
from uz.operations.doctor import Finding

NGINX = Finding("nginx", "the TLS edge", False, "", "not found", "nginx")
POSTGRES = Finding("postgres", "PostgreSQL", False, "", "not found", "postgresql")
SSLYZE = Finding("sslyze", "proof of tls.strong", False, "", "not found")


@dataclass
class Machine:
    """One whose findings a test sets, and that is whole once something was installed."""

    findings: tuple[Finding, ...] = (NGINX, SSLYZE)
    lowest: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    sudo: list[list[str]] = field(default_factory=list)
    sudo_code: int = 0

    def examine(self, lowest: int, _spec: object = None, **_: object) -> tuple[Finding, ...]:
        self.lowest.append(lowest)
        return self.findings

    def install_machine(self, findings: object, *, ordinary_user: bool, **_: object) -> None:
        assert findings
        self.done.append(f"machine for {'an ordinary user' if ordinary_user else 'root'}")
        self._mend("nginx")

    def install_tools(self, *_: object) -> None:
        self.done.append("tools")
        self._mend("sslyze")

    def attached(self, words: list[str]) -> int:
        self.sudo.append(words)
        self._mend("nginx")
        return self.sudo_code

    def _mend(self, name: str) -> None:
        self.findings = tuple(
            replace(one, fine=True, package="") if one.name == name else one
            for one in self.findings
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(doctor, "examine", one.examine)
    monkeypatch.setattr(doctor, "can_install", lambda: "")
    monkeypatch.setattr(doctor, "privileged", lambda: True)
    monkeypatch.setattr(install, "install_machine", one.install_machine)
    monkeypatch.setattr(install, "install_tools", one.install_tools)
    monkeypatch.setattr("uz.shell.attached", one.attached)
    return one


def test_what_is_missing_is_listed_with_the_command_that_gets_it(uz: Uz, machine: Machine) -> None:
    said = uz("doctor")
    assert said.code == 2
    assert "nginx   MISSING  -      not found  the TLS edge" in said.out
    assert "packages: apt-get install -y --no-install-recommends nginx" in said.out
    assert "uz doctor --install" in said.out
    assert machine.done == []


def test_a_machine_with_everything_is_zero(uz: Uz, machine: Machine) -> None:
    machine.findings = (replace(NGINX, fine=True),)
    said = uz("doctor", "--install")
    assert said.code == 0
    assert said.out.endswith("everything is there\n")
    assert machine.done == []


def test_without_a_project_the_ports_are_productions(
    uz: Uz, projects: Projects, machine: Machine
) -> None:
    uz("doctor")
    projects.project("trial")
    uz("--env", "trial", "doctor")
    assert machine.lowest == [80, 23080]


def test_nothing_is_installed_without_a_yes(uz: Uz, machine: Machine) -> None:
    said = uz("doctor", "--install")
    assert said.code == 2
    assert "nothing was installed" in said.err
    assert "apt-get install" in said.out
    assert machine.done == []


@pytest.mark.parametrize(
    ("words", "whom"), [((), "root"), (("--for-ordinary-user",), "an ordinary user")]
)
def test_root_installs_everything_and_looks_again(
    uz: Uz, machine: Machine, words: tuple[str, ...], whom: str
) -> None:
    said = uz("doctor", "--install", "--yes", *words)
    assert (said.code, machine.done) == (0, [f"machine for {whom}", "tools"])
    assert said.out.endswith("everything is there\n")


def test_an_ordinary_user_needs_root_for_packages_only(
    uz: Uz, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "privileged", lambda: False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example")
    assert uz("doctor", "--install", "--yes").code == 0
    (words,) = machine.sudo
    assert words[:2] == ["sudo", "env"]
    assert "PIP_INDEX_URL=https://packages.example" in words
    assert words[-4:] == ["doctor", "--install", "--yes", "--for-ordinary-user"]
    assert machine.done == ["tools"]


def test_the_scanner_alone_needs_no_root(
    uz: Uz, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "privileged", lambda: False)
    monkeypatch.setattr(doctor, "can_install", lambda: "arch is unknown")
    machine.findings = (SSLYZE,)
    assert uz("doctor", "--install", "--yes").code == 0
    assert (machine.sudo, machine.done) == ([], ["tools"])


def test_a_root_that_refuses_is_told(
    uz: Uz, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "privileged", lambda: False)
    machine.sudo_code = 1
    said = uz("doctor", "--install", "--yes")
    assert said.code == 2
    assert "the part that needs root did not succeed" in said.err
    assert machine.done == []


def test_a_distribution_that_nobody_knows_is_told_before_anything(
    uz: Uz, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "can_install", lambda: "arch is unknown")
    said = uz("doctor", "--install", "--yes")
    assert said.code == 2
    assert "install nginx yourself" in said.err
    assert machine.done == []


def test_what_is_written_to_keep_postgresql_from_starting_is_told_before(
    uz: Uz, machine: Machine
) -> None:
    machine.findings = (POSTGRES,)
    said = uz("doctor", "--install")
    assert (
        "no-install-recommends postgresql\n  keep PostgreSQL's packages from making a server"
        in said.out
    )
    assert "(/etc/postgresql-common/createcluster.d/uz.conf)" in said.out
    assert machine.done == []


def test_what_uz_does_not_upgrade_is_told_with_what_is_wrong(uz: Uz, machine: Machine) -> None:
    machine.findings = (replace(POSTGRES, note="/usr/bin is without psql", package=""),)
    said = uz("doctor", "--install", "--yes")
    assert "postgres: /usr/bin is without psql" in said.err
    assert machine.done == []

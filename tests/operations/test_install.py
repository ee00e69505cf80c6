from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.places import Projects

from uz.errors import ProgramError
from uz.operations import install as installing
from uz.operations.doctor import TOOLS, Finding
from uz.operations.install import install_machine, install_tools
from uz.shell import Completed
from uz.targets.local.layout import machine_trail
from uz.targets.local.ledger import read_ledger
from uz.trail import entries

NGINX = Finding("nginx", "", False, "", "not found", "nginx")
POSTGRES = Finding("postgres", "", False, "", "not found", "postgresql")
PGBOUNCER = Finding("pgbouncer", "", False, "", "not found", "pgbouncer")
PORTS = Finding("ports", "", False, "", "only from 1024 on")


@dataclass
class Machine:
    """Takes commands down instead of running them; knows which packages there are."""

    policy: Path
    sysctl: Path
    clusters: Path
    packages: list[str] = field(default_factory=lambda: ["git", "tar"])
    arriving: list[str] = field(default_factory=lambda: ["nginx", "nginx-common"])
    users: list[str] = field(default_factory=lambda: ["uz", "uz-app"])
    commands: list[tuple[str, ...]] = field(default_factory=list)
    refused: str = ""
    policy_while_installing: str = ""
    clusters_while_installing: str = ""
    told: list[str] = field(default_factory=list)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        assert timeout > 0
        self.commands.append(tuple(argv))
        if argv[0] == self.refused:
            return Completed(tuple(argv), 100, "", "E: it is broken\n")
        if argv[0] == "dpkg-query":
            lines = [f"{name} ii " for name in self.packages]
            return Completed(tuple(argv), 0, "\n".join([*lines, "removed rc ", ""]), "")
        if argv[:2] == ["apt-get", "install"]:
            assert environment
            assert environment["DEBIAN_FRONTEND"] == "noninteractive"
            self.policy_while_installing = self.policy.read_text()
            if self.clusters.exists():
                self.clusters_while_installing = self.clusters.read_text()
            self.packages += self.arriving
        if argv[0] == "useradd":
            self.users.remove(argv[-1])
        return Completed(tuple(argv), 0, "", "")

    def started(self, program: str) -> list[tuple[str, ...]]:
        """The commands of one program."""
        return [one for one in self.commands if one[0] == program]

    def progress(self, name: str, what: str) -> None:
        """Take down what was told."""
        self.told.append(f"{name}: {what}")

    def install(self, *findings: Finding, ordinary_user: bool = True) -> None:
        """Do it."""
        install_machine(findings, ordinary_user=ordinary_user, progress=self.progress)


@pytest.fixture
def machine(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine(
        projects.folder / "policy-rc.d",
        projects.folder / "60-uz-edge.conf",
        projects.folder / "common" / "createcluster.d" / "uz.conf",
    )
    monkeypatch.setattr(installing, "run", one.run)
    monkeypatch.setattr(installing, "POLICY", one.policy)
    monkeypatch.setattr(installing, "SYSCTL", one.sysctl)
    monkeypatch.setattr(installing, "CLUSTERS", one.clusters)
    monkeypatch.setattr(installing, "missing_users", lambda: tuple(one.users))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return one


def done(projects: Projects) -> list[str]:
    """What the machine's own trail says."""
    return [one.outcome for one in entries(machine_trail(projects.home))]


def test_exactly_what_was_added_is_in_the_ledger(machine: Machine, projects: Projects) -> None:
    machine.install(NGINX)
    ledger = read_ledger(projects.home)
    assert ledger.packages == ("nginx", "nginx-common")
    assert ledger.disabled_units == ("nginx.service",)
    assert done(projects) == ["packages nginx nginx-common"]


def test_what_is_added_is_kept_from_starting(machine: Machine) -> None:
    machine.install(NGINX)
    assert "exit 101" in machine.policy_while_installing
    assert machine.started("systemctl") == [("systemctl", "disable", "--now", "nginx.service")]
    assert not machine.policy.exists()


def test_without_systemd_another_way_is_taken(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"update-rc.d": "/usr/sbin/update-rc.d"}
    monkeypatch.setattr("shutil.which", known.get)
    machine.install(NGINX)
    assert machine.started("update-rc.d") == [("update-rc.d", "nginx", "disable")]


def test_a_service_that_was_there_before_is_not_touched(
    machine: Machine, projects: Projects
) -> None:
    machine.packages.append("nginx")
    machine.arriving = ["logrotate"]
    machine.install(Finding("logrotate", "", False, "", "not found", "logrotate"))
    assert machine.started("systemctl") == []
    assert read_ledger(projects.home).disabled_units == ()


def test_postgresqls_packages_make_no_server_of_their_own(
    machine: Machine, projects: Projects
) -> None:
    machine.arriving = ["pgbouncer", "postgresql", "postgresql-15", "postgresql-common"]
    machine.install(POSTGRES, PGBOUNCER)
    assert "\ncreate_main_cluster = false\n" in machine.clusters_while_installing
    assert machine.clusters.parent.stat().st_mode & 0o777 == 0o755
    ledger = read_ledger(projects.home)
    assert ledger.files == (str(machine.clusters),)
    assert ledger.folders == (str(machine.clusters.parent.parent), str(machine.clusters.parent))
    assert set(ledger.disabled_units) == {"postgresql.service", "pgbouncer.service"}


def test_a_file_of_somebody_else_about_clusters_is_left_as_it_is(
    machine: Machine, projects: Projects
) -> None:
    machine.clusters.parent.mkdir(parents=True)
    machine.clusters.write_text("theirs")
    machine.install(POSTGRES)
    assert machine.clusters_while_installing == "theirs"
    assert (read_ledger(projects.home).files, read_ledger(projects.home).folders) == ((), ())


def test_folders_that_were_there_before_are_not_in_the_ledger(
    machine: Machine, projects: Projects
) -> None:
    machine.clusters.parent.parent.mkdir()
    machine.install(POSTGRES)
    assert read_ledger(projects.home).folders == (str(machine.clusters.parent),)


def test_where_postgresql_was_before_its_service_is_not_touched(
    machine: Machine, projects: Projects
) -> None:
    machine.packages += ["postgresql-common", "postgresql-15"]
    machine.arriving = ["postgresql-16"]
    machine.install(Finding("postgres", "", False, "", "15 is", "postgresql-16"))
    assert read_ledger(projects.home).disabled_units == ()
    assert machine.clusters_while_installing  # of this version the package would make one


def test_without_postgresql_nothing_is_written_about_clusters(machine: Machine) -> None:
    machine.install(NGINX, PGBOUNCER)
    assert not machine.clusters.parent.parent.exists()


def test_what_keeps_clusters_away_is_remembered_although_apt_fails(
    machine: Machine, projects: Projects
) -> None:
    machine.refused = "apt-get"
    with pytest.raises(ProgramError, match="apt-get"):
        machine.install(POSTGRES)
    assert read_ledger(projects.home).files == (str(machine.clusters),)


def test_hundreds_of_packages_are_told_in_one_line_and_remembered_all(
    machine: Machine, projects: Projects
) -> None:
    machine.arriving = [f"node-{number:03}" for number in range(300)]
    machine.install(Finding("npm", "", False, "", "not found", "npm"))
    (told,) = (one for one in machine.told if one.startswith("packages"))
    assert told.startswith("packages: 300 added: node-000 node-001 ")
    assert told.endswith(" node-011 and 288 more")
    assert len(read_ledger(projects.home).packages) == 300


def test_somebody_elses_policy_is_left_as_it_is(machine: Machine) -> None:
    machine.policy.write_text("theirs")
    machine.install(NGINX)
    assert machine.policy_while_installing == "theirs"
    assert machine.policy.read_text() == "theirs"


def test_a_policy_that_a_killed_run_left_behind_is_removed(machine: Machine) -> None:
    machine.install(NGINX)
    machine.policy.write_text(machine.policy_while_installing)
    machine.install(NGINX)
    assert not machine.policy.exists()


def test_a_failure_is_told_with_its_words_and_the_policy_is_gone(machine: Machine) -> None:
    machine.refused = "apt-get"
    with pytest.raises(ProgramError, match=r"apt-get update -q failed \(100\)") as raised:
        machine.install(NGINX)
    assert "E: it is broken" in str(raised.value)
    assert "uz doctor --install" in raised.value.hint
    assert not machine.policy.exists()


def test_what_was_added_before_apt_failed_is_remembered_and_does_not_start(
    machine: Machine, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(argv: Sequence[str], **words: Any) -> Completed:
        done = machine.run(argv, **words)
        failed = argv[:2] == ["apt-get", "install"]
        return Completed(done.argv, 100, "", "E: the disk is full\n") if failed else done

    monkeypatch.setattr(installing, "run", half)
    with pytest.raises(ProgramError, match="the disk is full"):
        machine.install(NGINX)
    assert read_ledger(projects.home).packages == ("nginx", "nginx-common")
    assert machine.started("systemctl") == [("systemctl", "disable", "--now", "nginx.service")]


def test_nothing_missing_installs_no_package(machine: Machine, projects: Projects) -> None:
    machine.install()
    assert machine.commands == []
    assert done(projects) == []


def test_users_of_their_own_are_made_for_root_without_login(
    machine: Machine, projects: Projects
) -> None:
    machine.install(ordinary_user=False)
    assert [one[-1] for one in machine.started("useradd")] == ["uz", "uz-app"]
    assert all("/usr/sbin/nologin" in one for one in machine.started("useradd"))
    assert all("--no-create-home" in one for one in machine.started("useradd"))
    assert read_ledger(projects.home).users == ("uz", "uz-app")
    assert done(projects) == ["user uz", "user uz-app"]


def test_a_user_that_is_there_already_is_not_made(machine: Machine, projects: Projects) -> None:
    machine.users.remove("uz")
    machine.install(ordinary_user=False)
    assert read_ledger(projects.home).users == ("uz-app",)


def test_an_ordinary_users_stack_may_open_low_ports(machine: Machine, projects: Projects) -> None:
    machine.install(PORTS)
    assert "ip_unprivileged_port_start = 80" in machine.sysctl.read_text()
    assert machine.started("sysctl") == [("sysctl", "--quiet", "--load", str(machine.sysctl))]
    assert read_ledger(projects.home).files == (str(machine.sysctl),)
    assert machine.started("useradd") == []


@pytest.mark.parametrize("ordinary_user", [True, False])
def test_ports_are_opened_only_where_it_is_needed(machine: Machine, ordinary_user: bool) -> None:
    fine = Finding("ports", "", True, "", "granted")
    machine.install(fine if ordinary_user else PORTS, ordinary_user=ordinary_user)
    assert not machine.sysctl.exists()


def test_what_was_made_is_remembered_although_the_next_step_fails(
    machine: Machine, projects: Projects
) -> None:
    machine.refused = "useradd"
    with pytest.raises(ProgramError, match="useradd"):
        machine.install(NGINX, ordinary_user=False)
    assert read_ledger(projects.home).packages == ("nginx", "nginx-common")


@pytest.mark.parametrize("name", ["bao", "gitleaks", "sslyze", "weed"])
def test_a_tool_is_installed_into_uzs_own_folder(
    machine: Machine, projects: Projects, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made: list[bool] = []

    def install() -> Path:
        made.append((projects.home / ".tools").is_dir())
        return Path("/tools") / name

    monkeypatch.setitem(installing.INSTALLERS, name, install)
    install_tools((NGINX, PORTS, Finding(name, "", True, "1", "known to work")), machine.progress)
    assert made == []
    install_tools((Finding(name, "", False, "", "not found"),), machine.progress)
    assert made == [True]
    assert done(projects) == [f"{name} installed"]


def test_what_lives_in_uzs_own_folder_can_be_installed() -> None:
    assert set(installing.INSTALLERS) == TOOLS


def test_the_servers_user_passes_the_folder_of_the_tools(
    machine: Machine, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenBao runs as that user."""
    monkeypatch.setitem(installing.INSTALLERS, "bao", lambda: Path("/tools/bao"))
    for parted, mode in ((True, 0o711), (False, 0o700)):
        monkeypatch.setattr(installing, "isolated", lambda parted=parted: parted)
        install_tools((Finding("bao", "", False, "", "not found"),), machine.progress)
        assert (projects.home / ".tools").stat().st_mode & 0o777 == mode

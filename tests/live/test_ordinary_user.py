"""Without root: all of it works on high ports, says that isolation is off, and stays harmless."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.live.ordinary import Ordinary, readable_copy, system_user
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live

FIRST_FREE = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())


@pytest.fixture(scope="module")
def who() -> Iterator[tuple[str, Path]]:
    """The user and the package that it can read."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a user and become it")
    with readable_copy() as package, system_user() as user:
        yield user, package


@pytest.fixture
def ordinary(who: tuple[str, Path]) -> Iterator[Ordinary]:
    """A stage of the user's own."""
    with a_stage() as stage:
        user, package = who
        one = Ordinary(
            stage.top, stage.base, stage.spec, stage.begun, stage.bases, user=user, package=package
        )
        one.set("app.instances", 1)
        one.commit()
        yield one


def test_it_works_on_high_ports_and_isolation_is_said_to_be_off(ordinary: Ordinary) -> None:
    said = ordinary.up().stdout
    assert "isolation is off" in said
    assert ordinary.client().answers()
    assert "isolation is off" in ordinary.uz("status").stdout
    assert ordinary.status()["isolated"] is False
    uid = pwd.getpwnam(ordinary.user).pw_uid
    owners = {one.uids().real for one in ordinary.processes() if one.status() != "zombie"}
    assert owners == {uid}
    for path in (ordinary.home, ordinary.root(), ordinary.root() / "data", *ordinary.memory()):
        assert path.stat().st_mode & 0o777 == 0o700, path
    ordinary.version("two")
    ordinary.up()
    assert ordinary.client().get("/whoami").json()["version"] == "two"
    assert ordinary.uz("down").code == 0
    assert ordinary.memory() == []


@pytest.mark.slow
def test_a_rehearsal_works(ordinary: Ordinary) -> None:
    ran = ordinary.uz("rehearse", "tls.terminated", "network.closed", timeout=280)
    assert ran.code in {0, 1, 3}, ran
    assert "Traceback" not in ran.stderr + ran.stdout
    assert "controls held" in ran.stdout


@pytest.mark.skipif(FIRST_FREE <= 80, reason="every user of this machine may open port 80")
@pytest.mark.parametrize(("http", "https", "said"), [(80, 443, "port 443"), (80, 30443, "port 80")])
def test_low_ports_are_refused_with_what_to_do(
    ordinary: Ordinary, http: int, https: int, said: str
) -> None:
    ordinary.set("environments.production.edge", {"http_port": http, "https_port": https})
    message = refused(ordinary.uz("up"), f"{said} needs a permission that this user does not have")
    assert "uz doctor --install" in message
    assert f"edge.https_port to {FIRST_FREE} or above" in message
    told = ordinary.uz("doctor")
    assert told.code == 2
    assert f"this user may open ports from {FIRST_FREE} on only" in told.stdout


def test_doctor_says_that_only_root_can_part_users(ordinary: Ordinary) -> None:
    ran = ordinary.uz("doctor")
    assert ran.code in {0, 2}, ran
    assert "off: only root can part them" in ran.stdout


@pytest.fixture
def of_root(ordinary: Ordinary) -> Iterator[Stage]:
    """An environment that root runs, from a project that everybody may read."""
    with a_stage() as stage:
        stage.set("app.instances", 1)
        stage.commit()
        stage.project.chmod(0o755)
        stage.up()
        yield stage


def test_environments_of_root_are_out_of_reach(ordinary: Ordinary, of_root: Stage) -> None:
    ordinary.project.joinpath("uz.toml").write_bytes((of_root.project / "uz.toml").read_bytes())
    for words in (["up"], ["status"], ["down"], ["prove"], ["logs"], ["history"],
                  ["rehearse"], ["uninstall", "--yes"], ["service", "--install"]):  # fmt: skip
        ran = ordinary.uz(*words, UZ_HOME=str(of_root.home))
        message = refused(ran)
        assert mentions_next(message), ran
    assert of_root.client().answers()


def test_files_of_root_are_out_of_reach(ordinary: Ordinary, of_root: Stage) -> None:
    of_root.uz("prove", "tls.terminated")
    script = "import os, sys; print(*(p for p in sys.stdin.read().split() if os.access(p, 4)))"
    places = [of_root.home, *of_root.memory()]
    paths = [str(path) for place in places for path in place.rglob("*") if not path.is_symlink()]
    done = subprocess.run(
        [*ordinary.run_as(), "/usr/bin/python3", "-c", script],
        input="\n".join(paths), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    names = {Path(path).name for path in done.stdout.split()}
    assert names <= {"authority.pem", "releases.conf"}


def test_a_project_that_cannot_be_read_is_told(ordinary: Ordinary) -> None:
    path = ordinary.project / "uz.toml"
    path.chmod(0o000)
    shutil.chown(path, "root", "root")
    refused(ordinary.uz("up"), f"{path}: cannot be read: Permission denied")
    path.chmod(0o644)
    shutil.chown(ordinary.project, "root", "root")
    ordinary.project.chmod(0o700)
    refused(ordinary.uz("up"), f"{path}: cannot be read: Permission denied")


def test_a_file_of_the_working_tree_that_cannot_be_read_is_told(ordinary: Ordinary) -> None:
    ordinary.set("app.source", "working-tree")
    closed = ordinary.project / "closed"
    closed.write_text("x")
    closed.chmod(0o000)
    shutil.chown(closed, "root", "root")
    refused(ordinary.uz("up"), f"{closed}: ")


def test_a_home_that_cannot_be_written_is_told(ordinary: Ordinary) -> None:
    for place in ("/usr/uz", "/root/uz", "/nonexistent/uz", "/proc/uz"):
        refused(ordinary.uz("up", UZ_HOME=place), place.rpartition("/")[0])
        assert ordinary.uz("status", UZ_HOME=place).code in {1, 2}


def test_a_user_without_a_home_is_told(ordinary: Ordinary) -> None:
    refused(ordinary.uz("up", UZ_HOME="", HOME="/nonexistent"), "/nonexistent")


def test_the_state_lies_below_the_users_home(ordinary: Ordinary) -> None:
    assert ordinary.uz("up", UZ_HOME="").code == 0
    assert (ordinary.top / ".local/state/uz/tiny/production/state.json").is_file()
    assert ordinary.uz("down", UZ_HOME="").code == 0


def test_a_port_of_somebody_else_is_named_without_its_process(ordinary: Ordinary) -> None:
    with a_stage() as other:
        other.up()
        ordinary.set("environments.production.edge.https_port", other.base + 443)
        refused(ordinary.uz("up"), f"port {other.base + 443} is in use by ")
    assert [
        one for one in psutil.net_connections("tcp") if one.laddr and one.laddr.port == other.base
    ] == []


def test_doctor_cannot_install_without_rights_and_says_who_can(ordinary: Ordinary) -> None:
    if shutil.which("sudo"):
        pytest.skip("sudo is here, and what it allows is this machine's business")
    ordinary.set("environments.production.edge", {"http_port": 80, "https_port": 443})
    message = refused(ordinary.uz("doctor", "--install", "--yes"), "root")
    assert mentions_next(message)

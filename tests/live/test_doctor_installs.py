"""`uz doctor --install` and `uz uninstall`, with real packages and users, in a copied machine."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.copied_machine import TOOLS, Copy, copied
from tests.live.refusals import mentions_next, refused
from tests.live.stage import a_stage

pytestmark = [pytest.mark.live, pytest.mark.slow]

POLICY = "/usr/sbin/policy-rc.d"
SYSCTL = "/etc/sysctl.d/60-uz-edge.conf"
FIRST = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
CLUSTERS = "/etc/postgresql-common/createcluster.d/uz.conf"
PACKAGES = ["logrotate", "nginx", "nginx-common"]
BARE = f"""
apt-get remove -qq -y {" ".join(PACKAGES)} >/dev/null 2>&1
for user in uz uz-app; do userdel $user; done
rm -f {POLICY}
{TOOLS}"""

WITHOUT_DATABASE = """
export DEBIAN_FRONTEND=noninteractive
apt-get purge -qq -y 'postgresql*' pgbouncer >/dev/null 2>&1
rm -rf /etc/postgresql-common /etc/postgresql /var/lib/postgresql /usr/local/bin/postgres
"""


@pytest.fixture
def machine(root: Path, as_root: None) -> Iterator[Copy]:
    """A copy of this machine without nginx, logrotate, and the users."""
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get: Uz installs packages on Debian and Ubuntu only")
    with a_stage() as stage, copied(root, stage.project) as copy:
        if copy.run("apt-get", "update", "-q").code:
            pytest.skip("apt-get update fails here")
        copy.shell(BARE)
        yield copy


def ledger(machine: Copy) -> dict[str, list[str]]:
    """What Uz wrote down of what it made."""
    found: dict[str, list[str]] = json.loads(machine.path("/uz-home/machine.json").read_text())
    return found


def started_at_boot(machine: Copy) -> str:
    """Links that start nginx when the machine starts."""
    return machine.shell("ls -d /etc/rc[2345].d/S*nginx* 2>/dev/null || true")


def test_all_that_is_missing_comes_back_and_nothing_starts(machine: Copy) -> None:
    before = machine.uz("doctor")
    assert before.code == 2
    for name in ("nginx", "logrotate", "users"):
        assert any(
            line.startswith(name) and "MISSING" in line for line in before.stdout.split("\n")
        )
    ran = machine.uz("doctor", "--install", "--yes")
    assert ran.code == 0, ran
    assert "everything is there" in ran.stdout
    assert machine.run("pgrep", "-x", "nginx").code == 1
    assert started_at_boot(machine) == ""
    assert not machine.path(POLICY).exists()
    for user in ("uz", "uz-app"):
        entry = machine.shell(f"getent passwd {user}").split(":")
        assert entry[5:] == ["/nonexistent", "/usr/sbin/nologin"]
        assert int(entry[2]) < 1000
    made = ledger(machine)
    assert made["users"] == ["uz", "uz-app"]
    assert set(PACKAGES) <= set(made["packages"])
    again = machine.uz("doctor", "--install", "--yes")
    assert (again.code, ledger(machine)) == (0, made)


def test_a_database_is_installed_without_a_server_that_runs_or_would(machine: Copy) -> None:
    machine.shell(WITHOUT_DATABASE)
    with machine.path(str(machine.project / "uz.toml")).open("a") as toml:
        toml.write("\n[database]\n")
    before = machine.uz("doctor", "--install")
    assert f"making a server of their own ({CLUSTERS})" in before.stdout
    assert not machine.path(CLUSTERS).exists()
    ran = machine.uz("doctor", "--install", "--yes")
    assert ran.code == 0, ran
    assert "/bin/postgres)" in ran.stdout
    assert machine.shell("pg_lsclusters --no-header; ls -A /var/lib/postgresql") == ""
    for program in ("postgres", "pgbouncer"):
        assert machine.run("pgrep", "-x", program).code == 1
    assert machine.shell("ls -d /etc/rc[2345].d/S*p[og][sb]* 2>/dev/null || true") == ""
    assert ledger(machine)["files"] == [CLUSTERS]
    ran = machine.uz("uninstall", "--yes", "--packages")
    assert ran.code == 0, ran
    assert machine.run("sh", "-c", "ls /usr/lib/postgresql/*/bin/postgres").code != 0
    assert not machine.path(str(Path(CLUSTERS).parent)).exists()


def test_a_policy_of_somebody_else_is_left_byte_for_byte(machine: Copy) -> None:
    policy = machine.path(POLICY)
    policy.write_bytes(b"#!/bin/sh\n# \xff mine\nexit 101\n\n")
    policy.chmod(0o751)
    assert machine.uz("doctor", "--install", "--yes").code == 0
    assert policy.read_bytes() == b"#!/bin/sh\n# \xff mine\nexit 101\n\n"
    assert policy.stat().st_mode & 0o777 == 0o751


def test_uninstall_takes_back_exactly_what_was_made(machine: Copy) -> None:
    machine.shell("apt-get install -qq -y logrotate >/dev/null 2>&1; useradd --system uz")
    assert machine.uz("doctor", "--install", "--yes").code == 0
    assert ledger(machine)["users"] == ["uz-app"]
    assert "logrotate" not in ledger(machine)["packages"]
    ran = machine.uz("up")
    assert ran.code == 0, ran
    listed = machine.uz("uninstall", "--list", "--packages").stdout
    for line in ("data     /uz-home/tiny/production", "user     uz-app", "packages nginx"):
        assert line in listed
    assert "user     uz\n" not in listed
    machine.path("/uz-home/mine").write_text("mine")
    ran = machine.uz("uninstall", "--yes", "--packages")
    assert mentions_next(refused(ran, "/uz-home: kept, as it holds what Uz did not make: mine"))
    assert machine.shell("ls -A /uz-home") == "mine"
    assert machine.shell("command -v logrotate")
    assert machine.run("sh", "-c", "command -v nginx").code != 0
    assert machine.run("getent", "passwd", "uz").code == 0
    assert machine.run("getent", "passwd", "uz-app").code != 0
    assert machine.run("pgrep", "-f", "supervisord").code == 1
    mark = hashlib.sha256(b"/uz-home").hexdigest()[:8]  # /dev/shm is shared with this machine
    assert machine.run("sh", "-c", f"ls -d /dev/shm/uz-0-{mark}-*").code != 0


def test_packages_stay_unless_asked(machine: Copy) -> None:
    assert machine.uz("doctor", "--install", "--yes").code == 0
    ran = machine.uz("uninstall", "--yes")
    assert ran.code == 0, ran
    assert "to remove them: apt-get remove " in ran.stdout
    assert machine.shell("command -v nginx")
    assert not machine.path("/uz-home").exists()


def test_nothing_is_installed_unasked(machine: Copy) -> None:
    ran = machine.uz("doctor", "--install")
    assert mentions_next(refused(ran, "Not asked, as there is no terminal", "nothing was inst"))
    assert "apt-get install -y --no-install-recommends logrotate nginx" in ran.stdout
    assert not machine.path("/uz-home/machine.json").exists()
    assert machine.run("sh", "-c", "command -v nginx").code != 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    {
        "sources": ("echo nonsense > /etc/apt/sources.list.d/x.list", "apt-get update -q failed"),
        "held": ("apt-mark hold nginx >/dev/null; rm -rf /var/lib/apt/lists/*;"
                 "echo 'Acquire::http::Proxy \"http://127.0.0.1:9\";' > /etc/apt/apt.conf.d/99x",
                 "apt-get"),
    }.values(),
)  # fmt: skip
def test_where_apt_fails_it_is_told_and_nothing_is_left_behind(
    machine: Copy, spoil: str, said: str
) -> None:
    machine.shell(spoil)
    assert mentions_next(refused(machine.uz("doctor", "--install", "--yes"), said))
    assert not machine.path(POLICY).exists()


def test_an_ordinary_user_gets_low_ports_and_nobody_gets_new_users(machine: Copy) -> None:
    toml = machine.path(str(machine.project / "uz.toml"))
    lines = [line for line in toml.read_text().splitlines() if "http" not in line]
    toml.write_text("\n".join(lines))
    words = ["--project", str(machine.project), "doctor", "--install", "--yes"]
    uz = [sys.executable, "-m", "uz", *words, "--for-ordinary-user"]
    before = Path(FIRST).read_text()
    machine.uz("doctor", "--install", "--yes")
    machine.shell("userdel uz; userdel uz-app; rm /uz-home/machine.json")
    ran = machine.run("unshare", "--net", *uz)
    assert ran.code == 0, ran
    assert "net.ipv4.ip_unprivileged_port_start = 80\n" in machine.path(SYSCTL).read_text()
    assert ledger(machine)["files"] == [SYSCTL]
    assert ledger(machine)["users"] == []
    assert Path(FIRST).read_text() == before
    assert "removed" in machine.uz("uninstall", "--yes").stdout
    assert not machine.path(SYSCTL).exists()


def test_a_distribution_that_is_not_known_is_told(machine: Copy) -> None:
    machine.shell('printf "ID=fedora\\nVERSION_ID=42\\n" > /etc/os-release')
    message = refused(machine.uz("doctor", "--install", "--yes"), "fedora 42 is not a distribution")
    assert "install nginx, logrotate" in message
    assert mentions_next(message)


def test_a_damaged_ledger_is_named_and_nothing_is_done(machine: Copy) -> None:
    machine.path("/uz-home/machine.json").write_text("garbage")
    for words in (["doctor", "--install", "--yes"], ["uninstall", "--yes"]):
        assert mentions_next(refused(machine.uz(*words), "/uz-home/machine.json: damaged"))
    assert machine.run("sh", "-c", "command -v nginx").code != 0

"""What the app cannot do, tried by the app itself and by a shell with the app's rights."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.live.stage import Stage, a_stage

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("as_root")]

CANARY = "canary-of-the-caller"


@pytest.fixture(scope="module")
def parted() -> Iterator[Stage]:
    """A stack that root brought up, from an environment with things that are nobody's business."""
    with a_stage() as one:
        one.set("environments.staging.network.port_base", one.another_base())
        done = one.uz("up", CALLERS_TOKEN=CANARY, AWS_SECRET_ACCESS_KEY=CANARY, LD_LIBRARY_PATH="/")
        assert done.code == 0, done
        assert one.uz("--env", "staging", "up").code == 0
        assert (
            one.client("staging").get(f"/write?{one.root('staging')}/data/app/kept").status == 200
        )
        yield one


def as_app(*words: str) -> int:
    """Run a command with the rights that the app has; return its exit code."""
    rights = ("--reuid", "uz-app", "--regid", "uz-app", "--init-groups", "--no-new-privs")
    command = ["setpriv", *rights, "--inh-caps=-all", "--bounding-set=-all", "--", *words]
    done = subprocess.run(command, capture_output=True, timeout=20, check=False, cwd="/")
    return done.returncode


def kernel(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def pid_of(stage: Stage, service: str) -> int:
    """The process of a service."""
    return int(stage.services()[service]["pid"])


def private(stage: Stage) -> dict[str, Path]:
    """What the app must not read."""
    root = stage.root()
    return {
        "the edge's key": root / "credentials/edge/key.pem",
        "the edge's credentials": root / "credentials/edge",
        "the secrets": root / "secrets.json",
        "the state": root / "state.json",
        "the configuration": root / "config/edge/nginx.conf",
        "how services are started": root / "config/services/edge",
        "the access log": root / "logs/edge/access.log",
        "the supervisor's log": root / "logs/supervisord.log",
        "the app's own raw log": root / "logs/app-1.log",
        "the edge's data": root / "data/edge",
        "the edge's runtime folder": root / "run/edge",
        "the supervisor's socket": root / "run/supervisor.sock",
        "the records of process groups": root / "run/groups",
        "the evidence": root / "evidence",
        "the environment's folder": root,
        "all environments": stage.home,
        "the audit trail": stage.home / "tiny/audit.jsonl",
        "another environment's data": stage.root("staging") / "data/edge",
        "the project": stage.project / "uz.toml",
    }


def test_every_instance_runs_as_the_apps_user_without_rights(parted: Stage) -> None:
    user = pwd.getpwnam("uz-app")
    for name in ("app-1", "app-2"):
        found = kernel(pid_of(parted, name))
        assert found["Uid"].split() == [str(user.pw_uid)] * 4
        assert found["Gid"].split() == [str(user.pw_gid)] * 4
        assert found["Groups"].split() in ([], [str(user.pw_gid)])
        capabilities = {found[one] for one in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        assert capabilities == {"0" * 16}
        assert found["NoNewPrivs"] == "1"


def test_the_edge_runs_as_its_own_user_and_may_open_no_low_port_where_it_needs_none(
    parted: Stage,
) -> None:
    master = pid_of(parted, "edge")
    uid = str(pwd.getpwnam("uz").pw_uid)
    for pid in (master, *(child.pid for child in psutil.Process(master).children())):
        found = kernel(pid)
        assert found["Uid"].split() == [uid] * 4
        assert {found[one] for one in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
        assert found["NoNewPrivs"] == "1"


def test_an_edge_on_a_port_below_1024_gets_that_one_permission(stage: Stage) -> None:
    port = next(port for port in (443, 943, 944, 945) if _free(port))
    stage.set("environments.production.edge.https_port", port)
    stage.up()
    assert stage.client().answers()
    master = pid_of(stage, "edge")
    for pid in (master, *(child.pid for child in psutil.Process(master).children())):
        found = kernel(pid)
        assert found["Uid"].split()[0] == str(pwd.getpwnam("uz").pw_uid)
        assert {int(found[one], 16) for one in ("CapPrm", "CapEff", "CapBnd")} == {1 << 10}
        assert found["NoNewPrivs"] == "1"


def _free(port: int) -> bool:
    return all(one.laddr and one.laddr.port != port for one in psutil.net_connections("tcp"))


def test_no_service_can_ever_become_root(parted: Stage) -> None:
    pids = [int(one["pid"]) for one in parted.services().values()]
    assert "0" not in {kernel(pid)["Uid"].split()[0] for pid in pids}
    assert {kernel(pid)["NoNewPrivs"] for pid in pids} == {"1"}


def test_the_app_cannot_read_what_is_not_for_it(parted: Stage) -> None:
    client = parted.client()
    for what, path in private(parted).items():
        assert path.exists() or path.is_symlink(), what
        assert client.get(f"/read?{path}").json() == "PermissionError", what


def test_nobody_with_the_apps_rights_can_either(parted: Stage) -> None:
    for what, path in private(parted).items():
        reader = "ls" if path.is_dir() else "cat"
        assert as_app(reader, str(path)) != 0, what
        assert as_app("sh", "-c", f": > {path}/x || : >> {path}") != 0, what


def test_the_app_reads_its_own_secret_and_nobody_elses(parted: Stage) -> None:
    secret = parted.root() / "credentials/app/session-key"
    assert parted.client().get(f"/read?{secret}").json() == "done"
    assert parted.client().get(f"/write?{secret}").json() == "PermissionError"
    found = secret.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o400, pwd.getpwnam("uz-app").pw_uid)
    assert (secret.parent.stat().st_mode & 0o777) == 0o700
    assert len(secret.read_bytes()) >= 32


def test_the_app_writes_into_its_own_data_folder_and_nowhere_else(parted: Stage) -> None:
    client, told = parted.client(), parted.client().get("/whoami").json()
    assert client.get(f"/write?{parted.root()}/data/app/mine").json() == "done"
    release = Path(told["folder"])
    for place in (release, release.parent, parted.root(), parted.root() / "active",
                  parted.root() / "config", parted.root() / "logs", parted.root() / "data",
                  parted.root() / "credentials", parted.home):  # fmt: skip
        assert client.get(f"/write?{place}/intruder").json() == "PermissionError", place
    assert client.get(f"/write?{release}/server.py").json() == "PermissionError"


@pytest.mark.xfail(reason="the apps of all environments run as one user, uz-app")
def test_the_app_cannot_read_what_belongs_to_the_app_of_another_environment(parted: Stage) -> None:
    kept = parted.root("staging") / "data/app/kept"
    assert parted.client().get(f"/read?{kept}").json() == "PermissionError"


def test_a_release_belongs_to_root_and_no_file_of_it_is_writable(parted: Stage) -> None:
    releases = parted.root() / "releases"
    for path in releases.rglob("*"):
        if not path.name.endswith(".json"):
            assert path.stat().st_uid == 0, path
            assert path.stat().st_mode & 0o222 == 0, path


def test_the_app_cannot_signal_or_trace_its_neighbours(parted: Stage) -> None:
    edge, supervisor = pid_of(parted, "edge"), parted.supervisord()
    for pid in (edge, supervisor):
        assert as_app("kill", "-0", str(pid)) != 0
        assert as_app("cat", f"/proc/{pid}/environ") != 0
        assert as_app("ls", f"/proc/{pid}/fd") != 0
    assert parted.client().get(f"/read?/proc/{edge}/environ").json() == "PermissionError"


def test_nothing_of_the_callers_environment_reaches_a_service(parted: Stage) -> None:
    for process in parted.processes():
        if process.uids().real != os.geteuid():
            told = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
            assert CANARY not in told, process
            assert "LD_LIBRARY_PATH" not in told, process
            assert str(Path.home()) not in told, process


def test_the_app_sees_its_own_settings_and_no_more(parted: Stage) -> None:
    root = parted.root()
    found = parted.client().get("/environment").json()
    assert found.pop("PATH").startswith(f"{root}/releases/0001/.venv/bin:")
    assert int(found.pop("PORT")) in {parted.base + 100, parted.base + 101}
    assert {name: value for name, value in found.items() if name not in {"PWD", "LC_CTYPE"}} == {
        "COLOUR": "blue",
        "UZ_ENVIRONMENT": "production",
        "UZ_RELEASE": "0001",
        "HOME": f"{root}/data/app",
        "STATE_DIRECTORY": f"{root}/data/app",
        "CREDENTIALS_DIRECTORY": f"{root}/credentials/app",
        "REQUEST_TIMEOUT": "30",
        "LANG": "C.UTF-8",
    }


def test_no_secret_is_in_an_argument_a_log_or_a_rendered_file(parted: Stage) -> None:
    root = parted.root()
    secrets = [
        (root / "credentials/app/session-key").read_bytes(),
        (root / "credentials/edge/key.pem").read_bytes().splitlines()[1],
    ]
    said = [path.read_bytes() for name in ("config", "logs", "active", "evidence")
            for path in (root / name).rglob("*") if path.is_file()]  # fmt: skip
    said += [Path(f"/proc/{one.pid}/cmdline").read_bytes() for one in parted.processes()]
    said.append((parted.home / "tiny/audit.jsonl").read_bytes())
    assert not [secret for secret in secrets for text in said if secret in text]

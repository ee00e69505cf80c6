"""A scratch place for one app under Uz: its own UZ_HOME, project, ports; all of it is cleared away.

Nothing here uses Uz's own code: what Uz says is checked with other means.
"""

import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

SERVER = Path(__file__).with_name("server.py")
DOMAIN = "tiny.test"
BASES = range(26000, 32000, 250)
"""Bases of test ports: below 32768, where the kernel begins to give ports to clients, and above
the first thousands that rehearsals look at."""
USED = (
    *(80, 81, 443, 820, 821),
    *(*range(100, 120), *range(400, 433), *range(500, 506), *range(840, 852)),
)
"""What an environment uses above its base."""
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.stdout)

    def __str__(self) -> str:
        """All of it, for failed assertions."""
        return f"exit code {self.code}\n{self.stdout}\n{self.stderr}"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Talks to one edge. It trusts nothing but the environment's own CA."""

    http: int
    https: int
    authority: Path

    def context(self) -> ssl.SSLContext:
        """Trust in the CA, and checks of the name."""
        return ssl.create_default_context(cafile=str(self.authority))

    def get(
        self,
        path: str = "/whoami",
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        timeout: float = 15,
    ) -> Answer:
        """Ask over HTTPS, with a new connection. Raises OSError or HTTPException."""
        connection = http.client.HTTPSConnection(DOMAIN, self.https, timeout=timeout)
        with socket.create_connection(("127.0.0.1", self.https), timeout) as plain:
            connection.sock = self.context().wrap_socket(plain, server_hostname=DOMAIN)
            return _asked(connection, method, path, headers or {}, body)

    def plain(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask over plain HTTP."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=15)
        return _asked(connection, "GET", path, {"Host": DOMAIN} | dict(headers or {}), None)

    def answers(self) -> bool:
        """Whether users are served."""
        try:
            return self.get("/whoami", timeout=3).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def pids(self, asked: int = 12) -> set[int]:
        """The processes that answer, from a number of requests."""
        return {int(self.get("/whoami").json()["pid"]) for _ in range(asked)}


def _asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> Answer:
    try:
        connection.request(method, path, body, dict(headers))
        got = connection.getresponse()
        found = {name.lower(): value for name, value in got.getheaders()}
        return Answer(got.status, found, got.read())
    finally:
        connection.close()


@dataclass
class Stage:
    """One app with its project, its UZ_HOME and its ports. `spec` is what `uz.toml` will hold."""

    top: Path
    base: int
    spec: dict[str, Any] = field(default_factory=dict)
    begun: list["subprocess.Popen[str]"] = field(default_factory=list)
    bases: list[int] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """UZ_HOME."""
        return self.top / "h"

    @property
    def project(self) -> Path:
        """The folder with `uz.toml`, a git repository."""
        return self.top / "tiny"

    def root(self, env: str = "production") -> Path:
        """The folder of an environment."""
        return self.home / "tiny" / env

    def log(self, name: str, env: str = "production") -> str:
        """The text of a log, such as `app-1.log`."""
        return (self.root(env) / "logs" / name).read_text()

    def set(self, key: str, value: Any) -> None:
        """Change one key of uz.toml, such as `app.instances`; None takes it out. Not committed."""
        *tables, last = key.split(".")
        place = self.spec
        for table in tables:
            place = place.setdefault(table, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
        (self.project / "uz.toml").write_text(toml(self.spec))

    def commit(self, text: str | None = None, *, name: str = "server.py") -> str:
        """Commit everything, one file with a new text where given; return the commit's id."""
        if text is not None:
            (self.project / name).write_text(text)
        for words in (("add", "-A"), ("commit", "--quiet", "--allow-empty", "-m", "change")):
            subprocess.run(["git", *AUTHOR, *words], cwd=self.project, check=True, timeout=30)
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=self.project, check=True, timeout=30,
            capture_output=True, text=True,
        )  # fmt: skip
        return told.stdout.strip()

    def version(self, name: str) -> str:
        """Commit an app that calls itself by another version."""
        return self.commit(SERVER.read_text().replace('VERSION = "one"', f'VERSION = "{name}"'))

    def environ(self, **more: str) -> dict[str, str]:
        """The caller's environment variables."""
        return {**os.environ, "UZ_HOME": str(self.home), "NO_COLOR": "1", **more}

    def command(self, *words: str) -> list[str]:
        """The words that start `uz`."""
        return [sys.executable, "-m", "uz", "--project", str(self.project), *words]

    def uz(
        self,
        *words: str,
        timeout: float = 120,
        stdin: str | None = None,
        prefix: tuple[str, ...] = (),
        **environment: str,
    ) -> Ran:
        """Run a command of Uz to its end; `prefix` is what starts it, such as setpriv."""
        begun = time.monotonic()
        done = subprocess.run(
            [*prefix, *self.command(*words)],
            env=self.environ(**environment),
            cwd="/",
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)

    def up(self, *words: str, timeout: float = 120) -> Ran:
        """`uz up`, which must succeed."""
        done = self.uz("up", *words, timeout=timeout)
        assert done.code == 0, done
        return done

    def begin(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a command of Uz and go on; it is killed with the stage."""
        started = subprocess.Popen(
            self.command(*words),
            env=self.environ(**environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.begun.append(started)
        return started

    def ports(self, env: str = "production") -> tuple[int, int]:
        """The edge's ports in an environment: HTTP and HTTPS."""
        own = self.spec["environments"][env]
        if env == "production":
            return own["edge"]["http_port"], own["edge"]["https_port"]
        base = own["network"]["port_base"]
        return base + 80, base + 443

    def client(self, env: str = "production") -> Client:
        """A client of an environment's edge."""
        return Client(*self.ports(env), self.root(env) / "data" / "authority.pem")

    def status(self, env: str = "production") -> dict[str, Any]:
        """`uz status --json`."""
        found: dict[str, Any] = self.uz("--env", env, "status", "--json").json()
        return found

    def services(self, env: str = "production") -> dict[str, dict[str, Any]]:
        """The services of `uz status --json`, by name."""
        return {one["name"]: one for one in self.status(env)["services"]}

    def pids(self) -> dict[str, int]:
        """The process of each service."""
        return {name: one["pid"] for name, one in self.services().items()}

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this stage, by its folder, its variables or its parents."""
        own = {one for one in psutil.process_iter() if self._owns(one)}
        for one in tuple(own):
            with suppress(psutil.Error):
                own |= set(one.children(recursive=True))
        return [one for one in own if alive(one.pid)]

    def _owns(self, process: psutil.Process) -> bool:
        if process.pid == os.getpid():
            return False
        try:
            if Path(process.cwd()).is_relative_to(self.top):
                return True
            return process.environ().get("UZ_HOME") == str(self.home)
        except (psutil.Error, OSError):
            return False

    def supervisord(self, env: str = "production") -> int:
        """The process id of an environment's supervisord."""
        return int((self.root(env) / "run" / "supervisord.pid").read_text())

    def memory(self) -> list[Path]:
        """Folders of this UZ_HOME on memory-backed storage."""
        mark = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
        found = [Path(place).glob(f"uz-*-{mark}-*") for place in ("/dev/shm", "/run")]
        return sorted(path for paths in found for path in paths)

    def another_base(self) -> int:
        """One more port base of its own, for a second environment."""
        self.bases.append(claim_base())
        return self.bases[-1]


def toml(table: Mapping[str, Any], name: str = "") -> str:
    """Write nested tables as TOML; JSON's strings, numbers, lists and booleans are TOML's too."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"[{name}]"] if name and plain else []
    lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in plain.items()]
    inner = [
        toml(value, f"{name}.{json.dumps(key)}" if name else json.dumps(key))
        for key, value in table.items()
        if isinstance(value, Mapping)
    ]
    return "\n".join([*lines, *inner]) + "\n"


def first_spec(base: int) -> dict[str, Any]:
    """A small app with two instances, in production on ports of the test's own."""
    return {
        "app": {
            "name": "tiny",
            "domain": DOMAIN,
            "command": "/usr/bin/python3 server.py",
            "health": "/health",
            "instances": 2,
            "start_timeout": "10s",
            "stop_timeout": "3s",
            "env": {"COLOUR": "blue"},
            "generated_secrets": ["session-key"],
        },
        "edge": {"workers": 1},
        "secrets": {"manager": "file"},
        "environments": {
            "production": {
                "network": {"port_base": base},
                "edge": {"http_port": base + 80, "https_port": base + 443},
            },
        },
    }


_claims: dict[int, ExitStack] = {}


def claim_base() -> int:
    """Take a base whose ports are free, and that no other test on this machine has taken any of:
    of two bases some are the same."""
    for base in random.sample(BASES, len(BASES)):
        with ExitStack() as claims:
            if all(_claimed(claims, base + port) for port in USED):
                _claims[base] = claims.pop_all()
                return base
    raise RuntimeError("no free ports for tests")


def give_back(base: int) -> None:
    """Let others take this base."""
    _claims.pop(base).close()


def _claimed(claims: ExitStack, port: int) -> bool:
    """Whether it is taken now, by a name in the kernel that is gone with this process."""
    claim = claims.enter_context(socket.socket(socket.AF_UNIX))
    try:
        claim.bind(f"\0uz-test-port-{port}")
    except OSError:
        return False
    return _free(port)


def _free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("", port))
        except OSError:
            return False
    return True


@contextmanager
def a_stage() -> Iterator[Stage]:
    """Make a stage with a committed project; clear everything away in the end in any case."""
    base = claim_base()
    top = Path(tempfile.mkdtemp(prefix="uz-t-", dir="/tmp"))
    top.chmod(0o711)  # services run as users of their own
    stage = Stage(top, base, first_spec(base), bases=[base])
    try:
        stage.project.mkdir(mode=0o700)
        subprocess.run(
            ["git", "init", "--quiet", "-b", "main"], cwd=stage.project, check=True, timeout=30
        )
        (stage.project / "uz.toml").write_text(toml(stage.spec))
        stage.commit(SERVER.read_text())
        yield stage
    finally:
        clear(stage)


def clear(stage: Stage) -> None:
    """Kill every process of the stage and remove its files."""
    power_cut(stage)
    for begun in stage.begun:
        begun.communicate()
    for path in stage.memory():
        shutil.rmtree(path, ignore_errors=True)
    for path in stage.top.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(stage.top, ignore_errors=True)
    for base in stage.bases:
        for port in range(base + 840, base + 852):  # what a killed store leaves
            for path in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):
                path.unlink(missing_ok=True)
        give_back(base)


def power_cut(stage: Stage) -> None:
    """Kill all there is, supervisors first, so that nothing is started again."""
    for _ in range(500):
        left = stage.processes()
        for process in sorted(left, key=lambda one: "supervisord" not in " ".join(_words(one))):
            with suppress(psutil.Error):
                process.kill()
        if not left:
            break
        time.sleep(0.02)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """The TCP addresses that these processes listen on."""
    return {
        (one.laddr.ip, one.laddr.port)
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr and one.pid in pids
    }


def holds_within(seconds: float, holds: Callable[[], object]) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to take notice does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a process that the test started."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)

"""An Environment whose secrets, files, project and one process are real, and nothing else is."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from uz.checklist.secrecy.variables import scripted
from uz.components.openbao import AUDIT_LOG
from uz.environment import Rotated, ServiceStatus
from uz.errors import SecretError
from uz.managers import Kept, ManagedSecrets
from uz.managers.resolve import resolve
from uz.managers.rights import OPERATOR, READER
from uz.secret import Secret, random_password
from uz.spec import Spec
from uz.spec.reference import is_reference, parse_reference
from uz.targets.local.reading import paths
from uz.targets.local.scripts import service_script
from uz.testing import FakeEnvironment, MemoryManager, spec

SLEEP = "import time; print(flush=True); time.sleep(300)"
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost")


class RecordingManager(MemoryManager):
    """Writes each read into an audit log, as OpenBao does."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.silent = False

    def record(self, path: str, role: str = OPERATOR) -> None:
        """One line of the log."""
        mount, _, rest = path.partition("/")
        entry = {
            "type": "response",
            "auth": {"metadata": {"role_name": role}},
            "request": {"operation": "read", "path": f"{mount}/data/{rest}"},
        }
        with (self.root / AUDIT_LOG).open("a") as log:
            log.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        found = super().read(path, parameters=parameters)
        if not self.silent:
            self.record(path)
        raw = self.root / "config/openbao/openbao.hcl"
        if found and raw.is_file() and "log_raw" in raw.read_text():
            told = {name: value.reveal().decode() for name, value in found.fields.items()}
            (device,) = re.findall(r'file_path = "(.*raw.*)"', raw.read_text())
            (self.root / device).write_text(json.dumps(told))
        return found


class SecrecyStand(FakeEnvironment):
    """Its app is one process that sleeps, with the variables that its start script says."""

    def __init__(self, of: Spec, home: Path, memory: Path) -> None:
        super().__init__(of)
        self.own = home / of.app.name / of.environment
        for part in ("logs/openbao", "data/redis", "releases/0001", "active", "config/services"):
            (self.own / part).mkdir(parents=True)
        (self.own / "credentials").symlink_to(memory)
        (memory / "openbao").mkdir()
        (self.own / "state.json").write_text("{}")
        (self.own / "data/redis/dump").write_bytes(b"nothing")
        (self.own / "releases/0001/app.py").write_text("print()\n")
        self.bootstrap = self.own.parent / f"{self.name}.bootstrap"
        self.bootstrap.write_bytes(random_password())
        self.bootstrap.chmod(0o400)
        for path, text in {**self.files, **self._scripts()}.items():
            if not path.startswith("credentials/"):
                (self.own / "config" / path).parent.mkdir(exist_ok=True)
                (self.own / "config" / path).write_text(text)
        self.project = home / "project"
        self.project.mkdir()
        self.git("init", "--quiet")
        (self.project / "app.py").write_text("print()\n")
        self.git("add", "app.py")
        self.git("commit", "--quiet", "-m", "begin")
        self.manager = RecordingManager(self.own)
        self.source = ManagedSecrets(self.manager, "secret/uz")  # type: ignore[assignment]
        for one in map(parse_reference, self.stack.references()):
            self.manager.write(one.path, {one.key: Secret(b"the-first-key-of-stripe")})
        names = {one for service in self.stack.services for one in service.passwords}
        for name in sorted({*names, "edge/key", "edge/certificate"}):
            self.source.write(name, Secret(random_password()))
        self.process: psutil.Popen | None = None
        self.extra: dict[str, str] = {}
        self.deliver()
        self.begin()
        for reader in paths(self.spec, self.stack):
            self.manager.record(f"secret/uz/{reader}", f"{READER}{reader}")

    def _scripts(self) -> dict[str, str]:
        return {
            f"services/{one.name}": service_script(one, isolated=False)
            for one in self.stack.services
        }

    @property
    def folder(self) -> Path:
        return self.own

    def git(self, *words: str) -> str:
        """Run git in the project."""
        done = subprocess.run(
            [*GIT, *words], cwd=self.project, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def sensitive(self) -> dict[str, Secret]:
        found = {name: self.source.read(name) for name in self.source.names()}
        own = {name: one for name, one in found.items() if one and name != "edge/certificate"}
        return own | self.referred()

    def secret(self, name: str) -> Secret:
        return self.referred()[name] if is_reference(name) else super().secret(name)

    def referred(self) -> dict[str, Secret]:
        """What `uz.toml` refers to."""
        references = map(parse_reference, self.stack.references())
        return resolve(references, lambda _: self.manager)

    def delivered(self, service: str, file: str) -> Path:
        """Where a credential file is."""
        return self.own / "credentials" / self.stack.service(service).folder / file

    def credential(self, service: str, file: str) -> Secret:
        path = self.delivered(service, file)
        if not path.is_file():
            raise SecretError(f"{path}: not delivered")
        return Secret(path.read_bytes())

    def deliver(self) -> None:
        """Give every service what the manager gives now."""
        for service in self.stack.services:
            for file in service.credentials if service.name != "openbao" else ():
                path = self.delivered(service.name, file)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(self.wanted(service.name, file).reveal())

    def begin(self, **more: str) -> None:
        """Start the app anew."""
        self.end()
        service = self.stack.service("app-1")
        filled = {
            variable: self.delivered("app-1", file).read_text()
            for variable, file in service.secret_environment.items()
        }
        given = {"PATH": "/usr/bin", **scripted(self, "app-1"), **filled, **self.extra, **more}
        given = {name: value for name, value in given.items() if value}
        self.process = psutil.Popen([sys.executable, "-c", SLEEP], env=given, stdout=-1)
        self.process.stdout.readline()

    def close(self) -> None:
        """End all that runs."""
        self.end()

    def end(self) -> None:
        """End the app."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait(60)
            process.stdout.close()

    def status(self) -> tuple[ServiceStatus, ...]:
        pid = self.process.pid if self.process else None
        return tuple(
            replace(one, pid=pid) if one.name == "app-1" else one for one in super().status()
        )

    def rotate(self, name: str) -> Rotated:
        self.source.write(name, Secret(random_password()))
        self.deliver()
        self.begin()
        servers = ("redis",) if name.startswith("redis/") else ()
        return Rotated(name, "2", ("app-1",), servers)

    @contextmanager
    def amended(self, path: str, change: Callable[[str], str]) -> Iterator[None]:
        self._only_in_rehearsals()
        file = self.own / "config" / path
        before = file.read_text()
        assert change(before) != before
        try:
            file.write_text(change(before))
            self.begin()
            yield
        finally:
            file.write_text(before)
            self.begin()


def trial(name: str = "trial", **tables: Any) -> Spec:
    """A small app with a Redis, whose secrets lie in an OpenBao."""
    app = {"instances": 1, "generated_secrets": ["session-key"], **tables.pop("app", {})}
    whole = {"secrets": {"manager": "openbao"}, "redis": {"memory": "64MiB", "purpose": "store"}}
    given = {table: keys for table, keys in {**whole, **tables}.items() if keys is not None}
    return spec(name, app=app, **given)


@contextmanager
def a_stand(home: Path, of: Spec | None = None) -> Iterator[SecrecyStand]:
    """A stand; what it started and what it put into memory is gone afterwards."""
    memory = Path(tempfile.mkdtemp(prefix="uz-test-", dir="/dev/shm"))
    try:
        with closing(SecrecyStand(of or trial(), home, memory)) as stand:
            yield stand
    finally:
        shutil.rmtree(memory)

"""A real Redis with its replica, started from the rendered files, as an Environment."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from uz.components.rotating import values
from uz.environment import ServiceStatus
from uz.secret import Secret
from uz.spec import Spec
from uz.stack import SecretText, Service
from uz.testing import FakeEnvironment
from uz.waiting import met

PASSWORD = b"not-a-secret-but-long-enough"
IDLE = values({})
"""What names stand for while no password is rotated."""


class RedisStand(FakeEnvironment):
    """Runs the services whose names begin with `redis`; everything else is pretended."""

    def __init__(self, of: Spec, root: Path) -> None:
        super().__init__(of)
        self.root = root
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.servers = [one for one in self.stack.services if one.name.startswith("redis")]
        for service in self.servers:
            self._prepare(service)
        for service in self.servers:
            self.start(service.name)

    def _prepare(self, service: Service) -> None:
        for part in ("data", "config", "credentials"):
            (self.root / part / service.name).mkdir(parents=True)
        for name, wanted in service.credentials.items():
            assert isinstance(wanted, SecretText)
            text = wanted.text
            for secret in wanted.names():
                value = IDLE.get(secret, Secret(PASSWORD))
                text = text.replace(f"{{{{{secret}}}}}", value.reveal().decode())
            (self.root / "credentials" / service.name / name).write_text(text)
        for path, text in self.stack.files_of(service).items():
            (self.root / "config" / path).write_text(text)

    def secret(self, name: str) -> Secret:
        assert name.startswith("redis/")
        return Secret(PASSWORD)

    def start(self, service: str) -> None:
        super().start(service)
        if service not in self.processes:
            with (self.root / f"{service}.log").open("ab") as log:
                self.processes[service] = subprocess.Popen(
                    ["redis-server", self.root / "config" / service / "redis.conf"],
                    cwd=self.root,
                    stdout=log,
                )
        assert met(lambda: self._answers(service), 60)

    def _answers(self, service: str) -> bool:
        port = self.stack.service(service).listens[0].port
        command = ["redis-cli", "-p", str(port), "PING"]
        done = subprocess.run(command, capture_output=True, timeout=5, check=False)
        return done.stdout == b"PONG\n"

    def stop(self, service: str) -> None:
        super().stop(service)
        if process := self.processes.pop(service, None):
            assert met(lambda: self._ended(process), 60)

    @staticmethod
    def _ended(process: "subprocess.Popen[bytes]") -> bool:
        """Ask to end, again and again: while Redis writes its first file it does not listen."""
        process.terminate()
        return process.poll() is not None

    def kill(self, service: str) -> None:
        process = self.processes.pop(service)
        process.kill()
        process.wait(60)
        self.start(service)

    def status(self) -> tuple[ServiceStatus, ...]:
        return tuple(
            replace(one, pid=self.processes[one.name].pid) if one.name in self.processes else one
            for one in super().status()
        )

    @contextmanager
    def amended(self, path: str, change: Callable[[str], str]) -> Iterator[None]:
        file = self.root / "config" / path
        before = file.read_text()
        service = path.split("/")[0]
        with super().amended(path, change):
            self._restarted(service, file, change(before))
            try:
                yield
            finally:
                self._restarted(service, file, before)

    def _restarted(self, service: str, file: Path, text: str) -> None:
        file.write_text(text)
        self.stop(service)
        self.start(service)

    def close(self) -> None:
        """End every server."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(60)

"""An environment in memory that has a place on the disk, as rotations want one."""

from pathlib import Path

from uz.errors import UnhealthyError
from uz.secret import Secret
from uz.targets.local.layout import Layout
from uz.testing import FakeEnvironment, spec
from uz.testing.secrets import MemorySecrets


class KilledError(BaseException):
    """What ends a run anywhere."""


class Breaking(MemorySecrets):
    """A source in which a run is killed before one of its writes, counted from 1."""

    kill_at = 0
    writes = 0

    def _write(self) -> None:
        self.writes += 1
        if self.writes == self.kill_at:
            raise KilledError

    def write(self, name: str, secret: Secret) -> None:
        """Keep it."""
        self._write()
        super().write(name, secret)

    def remove(self, name: str) -> None:
        """Forget it."""
        self._write()
        super().remove(name)


class Local(FakeEnvironment):
    """With both stores, and a password for everything. `ups`: what each run of `up` found."""

    def __init__(self) -> None:
        app = {"generated_secrets": ["session-key"]}
        apart = {"trial": {"network": {"port_base": 1100}}}  # no stack of another test is there
        super().__init__(
            spec(
                "trial",
                redis={"purpose": "cache"},
                database={"replicas": 1},
                app=app,
                environments=apart,
            )
        )
        self.layout = Layout(Path("/nonexistent"), "shop", "trial")
        names = {name for one in self.stack.services for name in one.passwords}
        self.source = self.breaking = Breaking({name: f"old-{name}".encode() for name in names})
        self.ups: list[dict[str, Secret]] = []
        self.fails_at = 0
        self.lets_in = False

    def up(self) -> tuple[str, ...]:
        """What a run of `up` would find in the manager."""
        self.ups.append(dict(self.source.values))
        if len(self.ups) == self.fails_at:
            raise UnhealthyError("app-1 is not ready")
        return "redis", "app-1", "edge"

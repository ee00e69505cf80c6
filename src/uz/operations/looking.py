"""What a drill looks at in a restored database, on its way to the latest moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from uz.backups.counting import pinned
from uz.backups.finding import Finding
from uz.backups.plan import Plan
from uz.backups.point import Point
from uz.backups.structure import STRUCTURE, parse_structure
from uz.backups.target import LATEST, told
from uz.errors import BackupError
from uz.operations.remaking import timed
from uz.spec.backups import Backups
from uz.targets.local.backups.canary import newest, since
from uz.targets.local.backups.checking import compared, consistent, undamaged
from uz.targets.local.backups.contents import DATABASE
from uz.targets.local.backups.private_server import PrivateServer
from uz.targets.local.backups.session import Asks


@dataclass
class Looking:
    """Looks at a database restored to a point, and again when it was moved on to the latest.

    `listed_at`: when it was seen what is off-site; a loss of the machine is taken to be then.
    """

    wanted: Backups
    point: Point
    listed_at: datetime
    phases: dict[str, float]
    found: Callable[[Finding], None]
    backup: str = ""
    rpo: float | None = None
    canaries: tuple[datetime, ...] = ()
    structure: dict[str, str] = field(default_factory=dict)

    def look(self, server: PrivateServer, plan: Plan) -> None:
        """Look at both. The server is promoted in the end. Raises BackupError where the latest
        cannot be reached; all that is merely wrong is a finding."""
        self.backup = plan.backup.label
        with timed(self.phases, "compare"):
            self.found(self._same(server))
            self.found(compared(server.ask, self.point))
        with timed(self.phases, "recover"):
            server.reach(LATEST, within=self.wanted.timeout.total_seconds(), promote=True)
        with timed(self.phases, "check"):
            self.found(self._freshness(server))
            for one in (*consistent(server.ask, self.wanted.invariants), *undamaged(server.ask)):
                self.found(one)
            self.structure = structure(server.ask)

    def _same(self, server: PrivateServer) -> Finding:
        """Whether it is the same database at all, by the number that `initdb` gave it."""
        try:
            found = server.ask("SELECT system_identifier FROM pg_control_system()", "postgres")
        except BackupError as error:
            return Finding("identity", False, str(error))
        same = found == self.point.cluster
        other = f"database {found}, and the point was recorded of {self.point.cluster}"
        return Finding("identity", same, f"database {found}" if same else other)

    def _freshness(self, server: PrivateServer) -> Finding:
        """How much of what was written is lost with the machine."""
        try:
            self.canaries = since(server.ask, self.listed_at - self.wanted.pitr)
            last = newest(server.ask)
        except BackupError as error:
            return Finding("rpo", False, str(error))
        if last is None:
            return Finding("rpo", False, "no canary was ever written: how old it is is not known")
        self.rpo = round((self.listed_at - last).total_seconds(), 1)
        bound = self.wanted.rpo.total_seconds()
        detail = (
            f"the newest that is off-site is of {told(last)}: {self.rpo:g} s would be lost"
            f" with the machine, {bound:g} s may be (backups.rpo)"
        )
        return Finding("rpo", self.rpo <= bound, detail, {"rpo_seconds": self.rpo})


def structure(ask: Asks) -> dict[str, str]:
    """A digest of each object of the app's schema, by kind and name. Raises BackupError."""
    return dict(parse_structure(ask(pinned() + STRUCTURE, DATABASE)))

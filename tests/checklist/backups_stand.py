"""A rehearsal with backups in a folder: its `psql` answers, and its rendered files are obeyed."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from uz.shell import Completed
from uz.spec import Kind
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec
from uz.testing.backups import RIGHTS, FakeBackups

SCHEDULE = "17 3 * * *"
TABLES = re.compile(r"(CREATE|DROP) TABLE (?:IF EXISTS )?([\w.]+)")
LOOSE = frozenset({"put", "remove"})


class BackupsStand(FakeEnvironment):
    """What a rehearsal with `[backups]` is. `asked` has what the database was told: server,
    database, SQL. Backups go into a folder; there are none yet."""

    def __init__(self, folder: Path, *, database: bool = True, **backups: Any) -> None:
        """Have a database, unless told else, and a store of its own, unless `backups` says else."""
        table = {"offsite": "embedded", "schedule": SCHEDULE} | backups
        tables: dict[str, Any] = {"database": {"migrate": "true"}} if database else {}
        wanted = {name: value for name, value in table.items() if value is not None}
        super().__init__(spec("trial", backups=wanted, **tables))
        self.fake = FakeBackups(folder, schedule=SCHEDULE)
        self.backup_system = self.fake
        self.asked: list[tuple[str, str, str]] = []
        self.source.write("backups/passphrase", self.fake.passphrase)

    def run(
        self,
        *argv: str,
        timeout: float = 60,  # noqa: ARG002
        owner: Owner = Owner.SERVERS,  # noqa: ARG002
    ) -> Completed:
        """Answer as psql would."""
        server, sql = argv[argv.index("-p") + 1], argv[-1]
        first = str(self.address("database-1").port)
        if "pg_is_in_recovery" in sql:
            return Completed(argv, 0, "f" if server == first else "t", "")
        assert server == first
        self.asked.append((server, argv[argv.index("-d") + 1], sql))
        return Completed(argv, 0, "", "")

    @property
    def told(self) -> list[str]:
        """The SQL that the database was told."""
        return [sql for _, _, sql in self.asked]

    @contextmanager
    def amended(self, path: str, change: Callable[[str], str]) -> Iterator[None]:
        """Change a file, and have the scheduler and the store take it up."""
        try:
            with super().amended(path, change):
                self._take_up()
                yield
        finally:
            self._take_up()

    def _take_up(self) -> None:
        plan = json.loads(self.files["scheduler/jobs.json"])
        schedules = {job["name"]: job["schedule"] for job in plan["jobs"]}
        self.fake.schedule = schedules["backup"]
        store = json.loads(self.files["credentials/offsite/s3.json"])
        loose = {one["name"] for one in store["policies"] if '"s3:*"' in one["content"]}
        for one in store["identities"]:
            for policy in one.get("policyNames", []):
                self.fake.rights[one["name"]] = LOOSE if policy in loose else RIGHTS[policy]

    def state(self) -> tuple[object, ...]:
        """All that a sabotage may change: what is off-site, files, rights, services, secrets."""
        return (
            self.fake.objects(),
            dict(self.files),
            dict(self.fake.rights),
            dict(self.running),
            {name: secret.reveal() for name, secret in self.source.values.items()},
            self.tables(),
        )

    def tables(self) -> tuple[set[str], int]:
        """Tables that were made and not dropped, and by how many days canaries were moved."""
        there, days = set[str](), 0
        for sql in self.told:
            for what, name in TABLES.findall(f"{sql};"):
                (there.add if what == "CREATE" else there.discard)(name)
            for sign, number in re.findall(r"SET at = at ([+-]) interval '(\d+) days'", sql):
                days += int(f"{sign}{number}")
        return there, days


def backed_up(folder: Path, **backups: Any) -> BackupsStand:
    """One whose scheduler has taken a backup, with a restore point and log behind it."""
    stand = BackupsStand(folder, **backups)
    stand.fake.ran()
    if stand.spec.database is not None:
        stand.fake.record_point()
        stand.fake.send_log()
        stand.fake.send_log()
    return stand


def as_production(stand: BackupsStand) -> BackupsStand:
    """The same, standing for production."""
    stand.stands_for = Kind.PRODUCTION
    return stand

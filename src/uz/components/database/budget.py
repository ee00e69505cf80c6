"""How many connections there are, who may have them, and why."""

from dataclasses import dataclass

from uz.spec import Database, Spec

MIGRATIONS = 4
MONITORING = 4
POOLER = 2
"""PgBouncer's own connections, by which it looks up who may log in."""
ADMINISTRATOR = 3
"""Kept for the superuser: PostgreSQL's own default, so that one always gets in."""
SPARE = 5
"""The app's beyond the pool: after a crash of PgBouncer the old ones are not gone at once."""
SPARE_CLIENTS = 20
"""Clients of PgBouncer beside the app's processes: shells, monitoring, proofs."""


@dataclass(frozen=True)
class Budget:
    """Connections to the servers, and to PgBouncer in front of them."""

    pool: int
    processes: int
    process_pool: int

    @property
    def limit(self) -> int:
        """What the role of the app may have."""
        return self.pool + SPARE

    @property
    def server(self) -> int:
        """`max_connections` of PostgreSQL: enough for all roles at their limits."""
        return self.limit + POOLER + MIGRATIONS + MONITORING + ADMINISTRATOR

    @property
    def app(self) -> int:
        """What the app's processes may want: old and new ones at once, while a release changes."""
        return 2 * self.processes * self.process_pool

    @property
    def clients(self) -> int:
        """`max_client_conn` of PgBouncer: waiting there costs 2 kB, a server's process 10 MB."""
        return max(self.app + SPARE_CLIENTS, 2 * self.server)

    def explained(self) -> str:
        """The sum as a comment."""
        return (
            f"# {self.pool} for the app through PgBouncer (database.pool) and {SPARE} to spare,"
            f" {POOLER} for PgBouncer\n# itself, {MIGRATIONS} for migrations,"
            f" {MONITORING} for monitoring, {ADMINISTRATOR} for the superuser."
        )

    def clients_explained(self) -> str:
        """Why that many clients, as a comment."""
        return (
            f"; {self.processes} processes of the app with {self.process_pool} each"
            f" (database.process_pool), twice while a release\n"
            f"; changes: {self.app}, and {SPARE_CLIENTS} beside; at least twice"
            f" what PostgreSQL takes."
        )


def budget(spec: Spec, database: Database) -> Budget:
    """Add up what a Spec asks for."""
    further = sum(process.instances for process in spec.processes.values())
    return Budget(database.pool, spec.app.instances + further, database.process_pool)

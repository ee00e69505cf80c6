"""Item 12: the app reaches its database through a pool, and no client can hold it for long."""

from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.checklist.pooling import sabotage
from uz.checklist.pooling.crowd import crowd
from uz.checklist.pooling.drivers import driver
from uz.checklist.pooling.limits import statement_timeout, stuck_client
from uz.checklist.pooling.statements import app_statements
from uz.evidence import Effect


class DatabasePooled:
    """More clients than the server takes are served through PgBouncer, and time limits hold.

    Each connection of PostgreSQL is a process of some ten megabytes, and there are few of them. An
    app that opens its own runs out of them on the day it grows, or while two releases run at once;
    and one statement without an end, or one transaction that somebody left open, is enough to stop
    all others. A pooler that lends a connection for a whole session looks right and helps nobody.
    So Uz comes by the app's own URL and with its rights: with one client more than the server
    takes, while the server's connections are counted; with a statement that would not end; and
    with clients that hold the whole pool in open transactions until they are thrown out.

    The price of lending a connection for one transaction: what a driver prepared may be gone with
    the next. So the driver of the app's own release is tried too, as it comes and in its safe
    setting (psycopg `prepare_threshold=None`, asyncpg `statement_cache_size=0`), and the server's
    log is searched for errors that the app's own requests drew.
    """

    id = "database.pooled"
    line = "pooling through PgBouncer, and timeouts"
    fix = (
        "Connect with `DATABASE_URL` as it is, turn prepared statements off where"
        " `DATABASE_PREPARED_STATEMENTS` says so, let `app.health` ask the database,"
        " and run `uz up` to put the role's limits back."
    )
    needs: tuple[str, ...] = ("database",)
    inputs = ("web", "pgbouncer", "database-1", "database-setup", "[database]")
    max_age = timedelta(days=7)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """A crowd, the limits, the app's statements, and its driver."""
        return (
            Experiment("crowd", Effect.PROBE, "more clients than connections are served", crowd),
            Experiment(
                "statement-timeout", Effect.PROBE, "a slow statement is cut", statement_timeout
            ),
            Experiment(
                "app-statements", Effect.PROBE, "the app's statements suit a pool", app_statements
            ),
            Experiment(
                "stuck-client", Effect.DISRUPT, "stuck clients lose their place", stuck_client
            ),
            Experiment("driver", Effect.DISRUPT, "the app's driver works in a pool", driver),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a database that serves well until it is busy."""
        return (
            Control("past-the-pool", "the app dials the server", "crowd", sabotage.past_the_pool),
            Control("session-mode", "lent for a session", "crowd", sabotage.session_mode),
            Control(
                "no-statement-limit", "statements may run on", "statement-timeout",
                sabotage.no_statement_limit,
            ),
            Control(
                "unsafe-client", "a client uses what it prepared", "app-statements",
                sabotage.unsafe_client,
            ),
            Control(
                "no-idle-limit", "transactions may stand open", "stuck-client",
                sabotage.no_idle_limit,
            ),
            Control("statement-mode", "lent for a statement", "driver", sabotage.statement_mode),
        )  # fmt: skip

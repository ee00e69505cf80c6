"""Item 11: the database keeps what it acknowledged, and a replica has it too."""

from datetime import timedelta
from functools import partial

from uz.checklist.item import Control, Experiment
from uz.checklist.managed import sabotage
from uz.checklist.managed.crashed import crash
from uz.checklist.managed.durable import settings, syncs
from uz.checklist.managed.lost import primary_lost, replica_lost
from uz.checklist.managed.replicated import policy, replicated
from uz.checklist.managed.together import together
from uz.checklist.managed.unarchived import not_archived_after
from uz.checklist.replicas import no_database_replica
from uz.evidence import Effect


class DatabaseManaged:
    """Rows that the database acknowledged are on the disk and on every replica, and the app gets
    over the loss of a server.

    What one pays a provider of managed databases for is that this was tried before it was needed.
    So Uz reads the settings that the app's own sessions have, not those in the file; writes a row
    and reads it on each replica; watches the primary's calls to sync while the app's role commits;
    kills the primary in the middle of commits, and looks for every row that was acknowledged; and
    counts what users see while the primary crashes and while a replica is away. With every replica
    stopped, a write is acknowledged or not, as `replication` in `uz.toml` says, and the evidence
    names what could be lost. All this speaks for crashes of processes; replicas on one machine are
    lost with it, and are at most `declared` for production. Where there are backups off-site, a
    replica takes over from its primary, and the moments before and after that are restored: log
    that a new primary does not archive is missed on the day that it is needed. What else backups
    are worth, `backups.scheduled` and `backups.restorable` prove.
    """

    id = "database.managed"
    line = "production database with backups and read replicas"
    fix = (
        "Keep fsync, full_page_writes, checksums and synchronous_commit on, and at least one"
        " replica that follows by its slot; for production, on another machine. Write [backups]"
        " with offsite into uz.toml: the items backups.* prove them."
    )
    needs: tuple[str, ...] = ("database",)
    inputs = ("database-1", "pgbouncer", "[database]", "archive-setup")
    max_age = timedelta(days=7)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """What is written down, what is copied, and what users see of a loss."""
        disrupt = Effect.DISRUPT
        return (
            Experiment("settings", Effect.OBSERVE, "the app's sessions are durable", settings),
            Experiment("replicated", Effect.PROBE, "rows reach every replica", replicated),
            Experiment("synced", disrupt, "the primary is seen to sync each commit", syncs),
            Experiment("survives-crash", disrupt, "kill -9 loses no acknowledged row", crash),
            Experiment("primary-lost", disrupt, "the app gets over a crash", primary_lost),
            Experiment(
                "replica-lost", disrupt, "users see nothing of a lost replica", replica_lost
            ),
            Experiment("policy", disrupt, "commits wait for replicas only as asked", policy),
            Experiment("together", disrupt, "backups go on when a replica leads", together),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a database that only looks managed."""
        of_replica = partial(Control, unfit=no_database_replica)
        return (
            Control("early", "synchronous_commit off", "settings", sabotage.acknowledged_early),
            Control("early-for-app", "off for the app alone", "settings", sabotage.app_excepted),
            Control("torn-pages", "full_page_writes off", "settings", sabotage.torn_pages),
            of_replica("slot-dropped", "the slot is gone", "replicated", sabotage.slot_dropped),
            of_replica("detached", "a replica follows nobody", "replicated", sabotage.detached),
            of_replica("replica-down", "a replica is stopped", "replicated", sabotage.replica_down),
            Control("never-synced", "fsync off", "synced", sabotage.never_synced),
            Control(
                "written-later", "commits wait in memory", "survives-crash", sabotage.written_later
            ),
            Control("gives-up", "no second try", "primary-lost", sabotage.pooler_gives_up),
            of_replica(
                "wrong-server", "the app reads a replica", "replica-lost", sabotage.leads_to_replica
            ),
            of_replica("other-policy", "what commits wait for", "policy", sabotage.other_policy),
            Control("not-archived-after", "who takes over", "together", not_archived_after),
        )

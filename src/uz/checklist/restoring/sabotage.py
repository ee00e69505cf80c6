"""Backups that were taken, and are not those of this database as it was."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from uz.backups import PASSPHRASE
from uz.backups.catalog import Catalog
from uz.backups.shipment import POINTS
from uz.backups.tally import Sampled, unsealed
from uz.environment import Environment, only_in_rehearsals, stopped
from uz.psql import ask, primary
from uz.secret import Secret

MADE = "uz_proof"
"""A table that the controls make in the app's database, and remove; a file that never was."""
OWNED = f"""SET ROLE owner;
DROP TABLE IF EXISTS public.{MADE};
CREATE TABLE public.{MADE} AS SELECT n FROM generate_series(1, 10) AS all_of(n);"""
WEEK = "interval '7 days'"
RECENT = """DELETE FROM canary
WHERE at > (SELECT max(at) FROM canary) - interval '2 min'
    AND at > (SELECT min(at) FROM canary)"""


@contextmanager
def wrong_passphrase(env: Environment) -> Iterator[None]:
    """Know another passphrase than the one that the backups were made with."""
    only_in_rehearsals(env)
    source = env.secrets()
    before = env.secret(PASSPHRASE)
    source.write(PASSPHRASE, Secret(before.reveal()[::-1]))
    try:
        yield
    finally:
        source.write(PASSPHRASE, before)


def table_lacking(env: Environment) -> AbstractContextManager[None]:
    """Restore to a place in the log where a table is gone that the record has."""
    return _recorded_before(env, f"DROP TABLE public.{MADE}")


def rows_lacking(env: Environment) -> AbstractContextManager[None]:
    """Restore to a place in the log where a table has fewer rows than the record."""
    return _recorded_before(env, f"DELETE FROM public.{MADE} WHERE n > 7")


@contextmanager
def _recorded_before(env: Environment, change: str) -> Iterator[None]:
    leads = primary(env)

    def run(sql: str) -> None:
        ask(env, leads, sql, database="app")

    run(OWNED)
    try:
        point = env.backups().record_falsely(lambda: run(change))
        try:
            yield
        finally:
            (env.backups().repository.parent / point.key).unlink(missing_ok=True)
            env.backups().store("admin").remove(point.key)
    finally:
        run(f"DROP TABLE IF EXISTS public.{MADE}")


@contextmanager
def file_lacking(env: Environment) -> Iterator[None]:
    """Have a newest backup that lacks a file which was counted when it was taken."""
    only_in_rehearsals(env)
    store, passphrase = env.backups().store("admin"), env.secret(PASSPHRASE)
    inventory, _ = env.backups().inventory()
    last = inventory.catalog
    counted = unsealed(passphrase, last.tally)
    more = {f"/{MADE}": Sampled(1, "0" * 64)}
    falsely = replace(counted, files=counted.files + 1, sample={**counted.sample, **more})
    newer = replace(last, taken_at=datetime.now(UTC), tally=falsely.sealed(passphrase))
    store.put(newer.key, newer.text().encode())
    try:
        yield
    finally:
        store.remove(newer.key)


@contextmanager
def week_old(env: Environment) -> Iterator[None]:
    """Have nothing off-site that was written in the last week."""
    only_in_rehearsals(env)
    leads = primary(env)
    with stopped(env, "shipping"):
        _aged(env, leads, f"- {WEEK}")
        try:
            yield
        finally:
            _aged(env, leads, f"+ {WEEK}")
            # nobody shall look for a moment in the time in which all of them were another week's
            ask(env, leads, RECENT, database="uz")


def _aged(env: Environment, leads: str, by: str) -> None:
    """Move the time of every canary, and send the log with it by the machine's own credential."""
    ask(env, leads, f"UPDATE canary SET at = at {by}", database="uz")
    env.backups().send_log()


@contextmanager
def empty_backup(env: Environment) -> Iterator[None]:
    """Have a newer backup off-site that the engine says is complete, and that is empty."""
    inventory, _ = env.backups().inventory()
    backup, catalog = inventory.backups()[0]
    files = {
        path: 0 if f"/{backup.label}/" in path else size for path, size in catalog.files.items()
    }
    with pretended(env, replace(catalog, files=files), lambda path, content: (
        content if files[path] else b""
    )):  # fmt: skip
        yield


@contextmanager
def pretended(
    env: Environment, catalog: Catalog, content: Callable[[str, bytes], bytes]
) -> Iterator[None]:
    """Publish a newer repository with the files of a catalog, changed, and all restore points."""
    only_in_rehearsals(env)
    store, own = env.backups().store("admin"), "f" * 16
    copied = [*catalog.files, *_others(env, catalog.repository)]
    try:
        for path in copied:
            before = store.read(f"{catalog.repository}/{path}")
            after = content(path, before) if path in catalog.files else before
            store.put(f"{own}/{path}", after)
        newer = replace(catalog, repository=own, taken_at=datetime.now(UTC))
        store.put(newer.key, newer.text().encode())
        yield
    finally:
        for key in store.list(f"{own}/"):
            store.remove(key)


def _others(env: Environment, repository: str) -> list[str]:
    """Restore points and log that no catalog names."""
    inventory, log = env.backups().inventory()
    assert inventory.repository == repository
    _, catalog = inventory.backups()[0]
    points = [path for path in inventory.files if path.startswith(POINTS)]
    segments = [path for paths in log.segments.values() for path in paths]
    return [*points, *(path for path in (*segments, *log.histories) if path not in catalog.files)]

"""What is off-site, damaged on purpose: each of these still looks like a backup."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

from uz.backups.inventory import DATABASE, Inventory, Log
from uz.backups.shipment import FILES
from uz.backups.store import Store
from uz.backups.wal import number_of
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.waiting import met

LATER = 150.0
"""Seconds in which the log goes on behind a backup: it is cut twice in an RPO."""

SETTLED = timedelta(seconds=5)
"""How old an object has to be: whoever sends one that just arrived may not know of it yet, and
would send it again."""

Change = Callable[[bytes], bytes | None]
"""From an object's content to another, or to none at all."""


@contextmanager
def altered(env: Environment, key: str, change: Change) -> Iterator[None]:
    """Replace one object off-site as its administrator could; undone when left."""
    only_in_rehearsals(env)
    store = env.backups().store("admin")
    before = store.read(key)
    store.remove(key)
    try:
        after = change(before)
        if after is not None:
            store.put(key, after)
        yield
    finally:
        store.remove(key)
        store.put(key, before)


def flipped(content: bytes) -> bytes:
    """The same but for one bit in its middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


def base_flipped(env: Environment) -> AbstractContextManager[None]:
    """Flip a bit in the largest file of the newest backup."""
    inventory, _ = env.backups().inventory()
    backup, catalog = inventory.backups()[0]
    labels = (backup.label, *backup.needs)
    own = {
        path: size
        for path, size in catalog.files.items()
        if path.startswith(DATABASE) and any(f"/{label}/" in path for label in labels)
    }
    largest = max(own, key=lambda path: own[path])
    return altered(env, f"{inventory.repository}/{largest}", flipped)


def log_flipped(env: Environment) -> AbstractContextManager[None]:
    """Flip a bit in a log file behind the newest backup."""
    return altered(env, _log_file(env), flipped)


def log_missing(env: Environment) -> AbstractContextManager[None]:
    """Remove a log file that has others before and behind it."""
    return altered(env, _log_file(env), lambda _content: None)


def manifest_truncated(env: Environment) -> AbstractContextManager[None]:
    """Cut the newest backup's list of files in half."""
    inventory, _ = env.backups().inventory()
    backup, catalog = inventory.backups()[0]
    path = next(one for one in catalog.files if one.endswith(f"/{backup.label}/backup.manifest"))
    return altered(
        env, f"{inventory.repository}/{path}", lambda content: content[: len(content) // 2]
    )


def files_flipped(env: Environment) -> AbstractContextManager[None]:
    """Flip a bit in the newest of what holds the files, Redis and the secrets."""
    inventory, _ = env.backups().inventory()
    return altered(env, newest_pack(inventory), flipped)


def newest_pack(inventory: Inventory) -> str:
    """The key of the newest of what holds the files, Redis and the secrets. Raises UzError."""
    packs = [path for path in inventory.catalog.files if path.startswith(f"{FILES}data/")]
    if not packs:
        raise UzError("there is no backup of files off-site")
    newest = max(packs, key=lambda path: (inventory.files[path].at, path))
    return f"{inventory.repository}/{newest}"


@contextmanager
def only_here(env: Environment) -> Iterator[None]:
    """Have no complete backup off-site, while all of them are on this machine's disk."""
    only_in_rehearsals(env)
    store = env.backups().store("admin")
    keys = [key for key in store.list() if "/catalogs/" in key]
    if not keys:
        raise UzError("there is no catalog off-site to take away")
    held = {key: store.read(key) for key in keys}
    try:
        for key in held:
            store.remove(key)
        yield
    finally:
        _put_back(store, held)


def _put_back(store: Store, held: dict[str, bytes]) -> None:
    for key, content in held.items():
        store.remove(key)
        store.put(key, content)


def _log_file(env: Environment) -> str:
    """The key of a log file behind the newest backup that has another one behind it."""
    found: list[str] = []

    def later() -> bool:
        inventory, log = env.backups().inventory()
        found[:] = _between(inventory, log)
        return bool(found)

    if not met(later, LATER):
        raise UzError(f"no log came off-site behind the newest backup in {LATER:g} s")
    return found[-1]


def _between(inventory: Inventory, log: Log) -> list[str]:
    backup, _ = inventory.backups()[0]
    last, end = number_of(backup.last_wal), max(log.segments)
    between = [log.segments[one][0] for one in sorted(log.segments) if last < one < end]
    settled = datetime.now(UTC) - SETTLED
    return [
        f"{inventory.repository}/{path}" for path in between if inventory.files[path].at < settled
    ]

"""Whether whoever has the bucket can read what is in it: its raw bytes are searched."""

from uz.backups.inventory import Inventory, Log
from uz.backups.pgbackrest_files import SALTED
from uz.backups.shipment import DATABASE, FILES, POINTS
from uz.checklist.offsite.configured import elsewhere, first_backup, lacking
from uz.environment import Environment
from uz.psql import ask, primary
from uz.verdict import Verdict, refuted

LARGEST = 32 * 2**20
"""Bytes: files up to this size are looked into."""
MOST = 60
"""Files that are looked into: the newest of the log, and the largest of each other kind."""


def known_content(env: Environment) -> bytes:
    """Text that is written into the database's log, to be looked for."""
    return f"uz-known-content-of-{env.name}-".encode() * 8


def encrypted(env: Environment) -> Verdict:
    """Write known content, wait until it is off-site, and look for it in the raw bytes there."""
    missing = lacking(env) or first_backup(env)
    if missing is not None:
        return missing
    system, known = env.backups(), known_content(env)
    if env.spec.database is not None:
        written = f"SELECT pg_logical_emit_message(true, 'uz', '{known.decode()}')"
        ask(env, primary(env), written, database="uz")
        system.send_log()
    inventory, log = system.inventory()
    store, wrong, looked, size = system.store(), list[str](), 0, 0
    for path in _chosen(inventory, log):
        content = store.read(f"{inventory.repository}/{path}")
        looked, size = looked + 1, size + len(content)
        if problem := _problem(path, content, known):
            wrong.append(f"{path}: {problem}")
    if not looked:
        return refuted("there is nothing off-site to look into")
    if wrong:
        return refuted(f"{wrong[0]}; {len(wrong)} of {looked} files are not as they should be")
    return elsewhere(
        env,
        f"{looked} files off-site, {size / 2**20:.1f} MiB with the newest of the log among them:"
        " each is encrypted, and what is known to be in them is nowhere in their bytes",
        files=looked,
        bytes=size,
    )


def _chosen(inventory: Inventory, log: Log) -> list[str]:
    last = sorted(log.segments)[-MOST // 3 :]
    newest = [path for number in last for path in log.segments[number]]
    by_size = sorted(
        (path for path, one in inventory.files.items() if one.size <= LARGEST),
        key=lambda path: inventory.files[path].size,
        reverse=True,
    )
    chosen = list(newest)
    for part in (f"{DATABASE}backup/", f"{FILES}data/", POINTS):
        chosen += [path for path in by_size if path.startswith(part)][: MOST // 6]
    return chosen


def _problem(path: str, content: bytes, known: bytes) -> str:
    if known[: len(known) // 4] in content:
        return "holds in plain what was written into the database"
    if path.startswith(DATABASE) and not content.startswith(SALTED):
        return "is not encrypted"
    if path.startswith(POINTS) and not content.startswith(b"age-encryption.org/"):
        return "is not encrypted"
    return ""

"""Whether whoever has the bucket can read what is in it: its raw bytes are searched."""

import zlib

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
PACKED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh9", b"\x04\x22\x4d\x18")
"""How gzip, zstd, xz, bzip2 and lz4 begin. What zlib made begins with too little to tell by."""
ENOUGH = 2**16
"""Bytes that do not unpack by chance."""


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
    which = " with the newest of the log among them" if log.segments else ""
    return elsewhere(
        env,
        f"{looked} files off-site, {size / 2**20:.1f} MiB{which}: each is encrypted, and what is"
        " known to be in them is nowhere in their bytes",
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
        return "holds in plain what was written to be looked for"
    if path.startswith(DATABASE) and not content.startswith(SALTED):
        return "is not encrypted"
    if path.startswith(POINTS) and not content.startswith(b"age-encryption.org/"):
        return "is not encrypted"
    if path.startswith(FILES) and not looks_random(content):
        return "is not encrypted"
    return ""


def looks_random(content: bytes) -> bool:
    """Whether bytes that have no mark of their own, as restic's, can be encrypted: they get no
    smaller, and are nothing that was made smaller."""
    if len(zlib.compress(content, 1)) < 0.9 * len(content):
        return False
    if content.startswith(PACKED):
        return False
    one = zlib.decompressobj()
    try:
        one.decompress(content[:ENOUGH])
    except zlib.error:
        return True
    return bool(one.unused_data)

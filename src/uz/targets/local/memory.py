"""Credentials on memory-backed storage: what servers must read from a file never meets a disk."""

import hashlib
import hmac
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from uz.errors import MachineError, SecretError
from uz.secret import Secret, SecretSource
from uz.stack import SecretText, Service, Stack
from uz.targets.local.folders import disk_errors, folder, link, write
from uz.targets.local.layout import Layout
from uz.targets.local.users import isolated, user_of

Reading = Callable[[Service], SecretSource]
"""Gives the source that a service reads its secrets from."""

MEMORY_FILESYSTEMS = {"tmpfs", "ramfs"}


def memory_backed(mounts: str, candidates: tuple[Path, ...]) -> Path:
    """Return the first candidate that lies on a memory-backed file system.

    `mounts` is the text of /proc/self/mountinfo. Raises MachineError where none does.
    """
    kinds = {}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        kinds[before.split()[4]] = after.split()[0]
    for candidate in candidates:
        places = [candidate, *candidate.parents]
        mount = next((str(place) for place in places if str(place) in kinds), "/")
        if kinds.get(mount) in MEMORY_FILESYSTEMS and candidate.is_dir():
            return candidate
    raise MachineError(
        f"no memory-backed folder among {', '.join(map(str, candidates))}",
        hint="Mount a tmpfs on /dev/shm: secrets are not written to a disk.",
    )


def _candidates() -> tuple[Path, ...]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = (Path("/run"),) if isolated() else (Path(runtime),) if runtime else ()
    return (*own, Path("/dev/shm"))


def place(layout: Layout) -> Path:
    """The memory-backed folder of an environment; it may not exist yet. Raises MachineError."""
    mounts = Path("/proc/self/mountinfo").read_text()
    mark = hashlib.sha256(str(layout.home).encode()).hexdigest()[:8]
    name = f"uz-{os.geteuid()}-{mark}-{layout.app}-{layout.environment}"
    return memory_backed(mounts, _candidates()) / name


def deliver(
    layout: Layout,
    stack: Stack,
    source: SecretSource,
    given: Mapping[str, Secret],
    reading: Reading | None = None,
    key: bytes = b"",
) -> dict[str, str]:
    """Write what each service reads from a file, and return a digest for each service.

    `given` overrides the source; `reading` gives each service a source of its own; `key` is what
    the digests are made with. Raises SecretError where a secret is missing.
    """
    return {
        one.name: deliver_to(
            layout, one, reading(one) if reading and one.credentials else source, given, key
        )
        for one in stack.services
    }


def deliver_to(
    layout: Layout,
    service: Service,
    source: SecretSource,
    given: Mapping[str, Secret],
    key: bytes = b"",
) -> str:
    """Write what one service reads from files, and return its digest; empty where it reads none.

    Digests lie on the disk, and a weak secret could be guessed from a plain one: hence the `key`.
    What runs once can enter its folder only while it runs: with the same user's rights, others
    would have its secrets. Raises SecretError where a secret is missing.
    """
    top = folder(place(layout), 0o711 if isolated() else 0o700)
    link(layout.credentials, top)
    owner = user_of(service.owner)
    keeper = os.geteuid() if service.once else owner.uid
    own = top / service.folder
    if own.exists() and own.stat().st_uid not in {keeper, os.geteuid()}:
        shutil.rmtree(own)  # another keeper's, of before
    folder(own, 0o700, keeper, owner.gid)
    digest = hmac.new(key, digestmod="sha256")
    for name, wanted in sorted(service.credentials.items()):
        secret = filled(service, wanted, source, given)
        write(own / name, secret.reveal(), 0o400, owner.uid, owner.gid)
        digest.update(name.encode() + b"\0" + secret.reveal() + b"\0")
    return digest.hexdigest() if service.credentials else ""


@contextmanager
def opened(layout: Layout, service: Service) -> Iterator[None]:
    """Let what runs once read its credentials."""
    own = layout.credentials / service.folder
    if not (isolated() and service.credentials):
        yield
        return
    own.chmod(0o710)
    try:
        yield
    finally:
        own.chmod(0o700)


def filled(
    service: Service,
    wanted: str | SecretText,
    source: SecretSource,
    given: Mapping[str, Secret],
) -> Secret:
    """Return one secret, or a text with its secrets filled in. Raises SecretError."""

    def found(name: str) -> Secret:
        secret = given.get(name) or source.read(name)
        if secret is None:
            raise SecretError(f"{service.name} needs the secret {name!r}: not found")
        return secret

    if isinstance(wanted, str):
        return found(wanted)
    text = wanted.text.encode()
    for name in wanted.names():
        text = text.replace(b"{{" + name.encode() + b"}}", found(name).reveal())
    return Secret(text)


def remove_strangers(layout: Layout, stack: Stack) -> None:
    """Remove from memory what no service of the stack reads."""
    wanted: dict[str, set[str]] = {}
    for service in stack.services:
        wanted.setdefault(service.folder, set()).update(service.credentials)
    for path in place(layout).iterdir():
        if path.name not in wanted:
            shutil.rmtree(path)
            continue
        for file in path.iterdir():
            if file.name not in wanted[path.name]:
                file.unlink()


def forget(layout: Layout) -> None:
    """Remove the delivered credentials from memory."""
    top = place(layout)
    if top.is_symlink() or not top.exists():
        return
    if not stat.S_ISDIR(top.lstat().st_mode) or top.lstat().st_uid != os.geteuid():
        raise MachineError(f"{top}: not a folder of Uz's own, left alone")
    with disk_errors(top):
        shutil.rmtree(top)

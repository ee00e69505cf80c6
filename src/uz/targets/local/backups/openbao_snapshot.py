"""All of OpenBao's secrets in one file, encrypted by OpenBao; and back into one made for that.

A snapshot is opened by the seal key alone, which is derived from the bootstrap credential: a new
OpenBao with the same key takes it, and is the old one then. With another key it refuses, as long
as it is not asked by `snapshot-force`, after which it would serve nothing.
"""

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import hvac
import requests
from hvac.exceptions import VaultError

from uz.errors import BackupError, SecretError
from uz.managers import ManagedSecrets
from uz.managers.initialise import initialise
from uz.managers.vault import OWN, VaultManager, errors
from uz.managers.vault_errors import words_of
from uz.secret import Secret, SecretSource
from uz.spec import Spec
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.embedded import as_operator, connected
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import Layout
from uz.waiting import met

FILE = "openbao.snap"
PIECE = 2**20
SUMS = "SHA256SUMS"
KIT = "The recovery kit has to be the one of this environment."
TAKEN = "restored user snapshot"
"""What raft says when a snapshot is in place and on the disk."""
RESTORED = 60.0
"""Seconds until an OpenBao that took a snapshot serves it: measured 5.5 with nearly nothing in."""


def take_openbao(source: SecretSource, file: Path) -> None:
    """Take a snapshot of the environment's own OpenBao, as its operator.

    Raises SecretError where OpenBao does not give it, BackupError where it gave something else.
    """
    manager = source.manager if isinstance(source, ManagedSecrets) else None
    if not isinstance(manager, VaultManager):
        raise SecretError("OpenBao does not answer, so that its secrets cannot be backed up")
    client: hvac.Client = manager.client
    with errors(OWN), client.sys.take_raft_snapshot() as answer:
        _write(file, answer.iter_content(PIECE))
    check_openbao(file)


def _write(file: Path, pieces: Iterable[bytes]) -> None:
    with disk_errors(file), file.open("xb") as out:
        file.chmod(0o600)
        for piece in pieces:
            out.write(piece)


def check_openbao(file: Path) -> None:
    """Compare what is in a snapshot with the checksums in it. Raises BackupError.

    (OpenBao takes one without looking, while it is read.)
    """
    try:
        with tarfile.open(file, "r:gz") as archive:
            found = {one.name: _content(archive, one) for one in archive}
        told = {name: digest for digest, name in map(str.split, found.pop(SUMS, "").splitlines())}
        found.pop(f"{SUMS}.sealed", None)
        if told != found or "state.bin" not in told:
            raise ValueError("its checksums are others")
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError, gzip.BadGzipFile) as error:
        raise BackupError(f"{file.name}: OpenBao's backup is damaged: {error}") from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    """The SHA-256 of a file in it; of the list of those, the list."""
    content = archive.extractfile(member)
    if content is None:
        raise ValueError(f"{member.name} is no file")
    if member.name == SUMS:
        return content.read(PIECE).decode()
    digest = hashlib.sha256()
    for piece in iter(lambda: content.read(PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()


def new_openbao(layout: Layout, spec: Spec) -> Secret:
    """Initialise an OpenBao that runs and was just made; return its root token.

    Raises BackupError where it holds something, or does not serve.
    """
    client = connected(layout, spec)
    with errors(OWN):
        if client.sys.is_initialized():
            raise BackupError("this OpenBao is not new", hint="Nothing is overwritten.")
        root = initialise(client).root
        client.token = root.reveal().decode()
        if not met(lambda: _serves(client), RESTORED):
            raise BackupError(
                f"the OpenBao that is to take the backup does not serve {RESTORED:g} s after it was"
                " made",
                hint="The machine may be too busy: run it again.",
            )
    return root


def put_openbao(
    layout: Layout,
    spec: Spec,
    bootstrap: Bootstrap,
    root: Secret,
    file: Path,
    start_again: Callable[[str], None] = lambda _after: None,
) -> ManagedSecrets:
    """Put a snapshot into a new OpenBao, which is unsealed by this bootstrap credential; return
    it, logged in. Its own root token and shares are worth nothing afterwards.

    `start_again` may end it once it has said something, and start it: after it has taken a snapshot
    it waits five seconds for servers beside it, which it does not have. Raises BackupError where it
    does not serve what the snapshot holds.
    """
    check_openbao(file)
    client = connected(layout, spec)
    client.token = root.reveal().decode()
    with errors(OWN):
        _restore(client, file)
    start_again(TAKEN)
    if not met(lambda: _is_restored(layout, spec, bootstrap, root), RESTORED):
        raise BackupError("OpenBao took its backup, and does not serve what that holds", hint=KIT)
    return as_operator(layout, spec, bootstrap.secret)


def _restore(client: hvac.Client, file: Path) -> None:
    with disk_errors(file), file.open("rb") as content:
        try:
            client.sys.restore_raft_snapshot(content)
        except VaultError as error:
            if "different autoseal key" not in words_of(error):
                raise
            raise BackupError(
                "OpenBao's backup was made with another bootstrap credential", hint=KIT
            ) from None


def _serves(client: hvac.Client) -> bool:
    try:
        client.sys.list_mounted_secrets_engines()
    except (VaultError, requests.RequestException):
        return False
    return True


def _is_restored(layout: Layout, spec: Spec, bootstrap: Bootstrap, root: Secret) -> bool:
    """Whether the operator of the old one may log in, and root of the new one is nobody."""
    try:
        as_operator(layout, spec, bootstrap.secret).names()
        stranger = connected(layout, spec)
        stranger.token = root.reveal().decode()
        stranger.auth.token.lookup_self()
    except hvac.exceptions.Forbidden:
        return True
    except (SecretError, VaultError, requests.RequestException):
        return False
    return False

"""That the log of the database is archived, and the secret that this takes."""

from uz.backups import PASSPHRASE
from uz.spec import Backups, Spec
from uz.stack import SecretText

CREDENTIAL = "database/pgbackrest.conf"
"""What pgBackRest needs to know of it, below the credentials: the servers' archive_command and
whoever takes backups read it."""


def archived(spec: Spec) -> bool:
    """Whether there is a database whose log is archived."""
    return spec.database is not None and spec.backups is not None


def credential(passphrase: str) -> str:
    """The part of pgBackRest's configuration that is secret."""
    return f"[global]\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass={passphrase}\n"


def delivered(spec: Spec) -> dict[str, SecretText]:
    """The credential of each server; nothing where its log is not archived."""
    if not archived(spec):
        return {}
    return {CREDENTIAL.split("/")[1]: SecretText(credential(f"{{{{{PASSPHRASE}}}}}"))}


def archive_settings(backups: Backups | None) -> str:
    """What postgresql.conf says of it. pgBackRest backs up nothing where the command does not have
    its name in it."""
    if backups is None:
        return ""
    return f"""
# Archiving: into the repository on this disk, which is copied off-site. Only the primary does.
archive_mode = on
archive_command = 'sh ../../../config/archive-setup/pgbackrest-archive "%p" "%f"'
archive_timeout = '{backups.rpo.total_seconds():.0f}s'
"""

"""Secrets of before there was a manager: they move into it, and their file goes."""

from uz.errors import SecretError
from uz.managers import ManagedSecrets
from uz.secret import FileSecrets
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import Layout


def move_interim(layout: Layout, source: ManagedSecrets) -> tuple[str, ...]:
    """Write what lies in the file to the manager, read it back, and remove the file.

    Returns the names. The file is removed last, so that nothing is lost however this ends. Raises
    SecretError where the manager gives something else back.
    """
    file = FileSecrets(layout.secrets)
    names = file.names()
    for name in names:
        secret = file.read(name)
        if secret is not None and source.read(name) != secret:
            source.write(name, secret)
    for name in names:
        if source.read(name) != file.read(name):
            raise SecretError(
                f"{source.manager.name}: gives {source.path(name)} back otherwise than it was kept",
                hint=f"{layout.secrets} stays. Who else writes to {source.prefix}?",
            )
    with disk_errors(layout.secrets):
        layout.secrets.unlink(missing_ok=True)
    return names

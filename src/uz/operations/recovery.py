"""The recovery kit: shown, removed from this machine, and used when the credential is lost."""

import os
from pathlib import Path

from uz.errors import MachineError, SecretError
from uz.operations.place import Place, changing
from uz.targets.local.bootstrap import bootstrap_path, read_bootstrap
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.recovery import bootstrap_in, remove_kit

SAFE = "It was taken off this machine, or never made; it cannot be made again."


def kit_text(place: Place) -> str:
    """The readable recovery kit. Raises SecretError where it is not on this machine."""
    layout = place.layout
    if layout.sealed_kit.exists():
        raise SecretError(
            f"{layout.sealed_kit}: encrypted, so Uz cannot show it",
            hint=f"age --decrypt -i KEY {layout.sealed_kit}, where the key of the recipient is.",
        )
    if not layout.recovery_kit.exists():
        raise SecretError(f"{layout.recovery_kit}: not there", hint=SAFE)
    with disk_errors(layout.recovery_kit):
        return layout.recovery_kit.read_text()


def save_kit(text: str, path: Path) -> None:
    """Write a recovery kit to a new file that only its owner can read. Raises MachineError."""
    made = False
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        made = True
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        if made:
            path.unlink(missing_ok=True)
        raise MachineError(
            f"{path}: {error.strerror}: the recovery kit is not written there",
            hint="Name a new file, in a folder that is there. Nothing is overwritten.",
        ) from error


def forget_kit(place: Place, command: str) -> bool:
    """Remove the readable kit from this machine; say whether there was one. Raises UzError."""
    with changing(place.layout, command):
        return remove_kit(place.layout)


def recover(place: Place, text: str, command: str) -> Path:
    """Put the bootstrap credential back from the text of a recovery kit; return where it is.

    Raises SecretError where there is one already, or the kit is another environment's.
    """
    path = bootstrap_path(place.layout, place.spec)
    found = bootstrap_in(text, place.layout)
    with changing(place.layout, command):
        there = read_bootstrap(path)
        if there is not None and there.secret == found.secret:
            return path
        if there is not None:
            raise SecretError(
                f"{path}: there is another bootstrap credential",
                hint="Move it away first, if it is the wrong one.",
            )
        write(path, found.secret.reveal() + b"\n", 0o400)
    return path

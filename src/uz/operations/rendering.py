"""Rendered files to look at, to review and to commit."""

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

from uz.errors import MachineError
from uz.operations.place import Place
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.render import render

MARKS = ("launch", "supervisord.conf")
"""What every rendered folder holds."""


def rendered(place: Place) -> Mapping[str, str]:
    """The files of the local target for this place."""
    return render(place.spec, place.stack, place.machine)


def write_rendered(place: Place, to: Path) -> tuple[str, ...]:
    """Write the files below a folder; return those that changed.

    Raises MachineError, also where the folder holds anything but rendered files: those that are no
    longer rendered are removed.
    """
    changed = []
    with disk_errors(to):
        to.mkdir(parents=True, exist_ok=True)
        if any(to.iterdir()) and not all((to / name).is_file() for name in MARKS):
            raise MachineError(
                f"{to}: holds files that Uz did not write",
                hint="Choose a folder that is empty or was rendered before.",
            )
    for name, text in rendered(place).items():
        path = to / name
        for parent in reversed(Path(name).parents):
            folder(to / parent, 0o755)
        if write(path, text, 0o644):
            changed.append(name)
    for path in _unknown(place, to):
        path.unlink()
        changed.append(f"{path.relative_to(to)} (removed)")
    return tuple(changed)


def differences(place: Place, to: Path) -> tuple[str, ...]:
    """The unified diff from the files that are there to those that would be written."""
    lines: list[str] = []
    for name, text in rendered(place).items():
        path = to / name
        before = path.read_text() if path.is_file() else ""
        lines += unified_diff(
            before.splitlines(), text.splitlines(), str(path), f"{name} (from uz.toml)", lineterm=""
        )
    lines += [f"{path}: no longer rendered" for path in _unknown(place, to)]
    return tuple(lines)


def _unknown(place: Place, to: Path) -> list[Path]:
    known = rendered(place)
    return [
        path
        for path in sorted(to.rglob("*"))
        if path.is_file() and str(path.relative_to(to)) not in known
    ]

"""Installing the systemd unit of an environment."""

from pathlib import Path

from uz.errors import MachineError
from uz.operations.place import Place, changing
from uz.operations.unit import FOLDER, unit_name, unit_text
from uz.targets.local.folders import write
from uz.targets.local.ledger import read_ledger, write_ledger


def install_unit(place: Place, command: str, folder: Path = FOLDER) -> Path:
    """Write the unit, and remember that it is Uz's. Raises MachineError."""
    path = folder / unit_name(place)
    if not folder.is_dir():
        raise MachineError(f"{folder}: not there, so systemd does not run this machine")
    with changing(place.layout, command):
        write(path, unit_text(place), 0o644)
        home = place.layout.home
        write_ledger(home, read_ledger(home).with_more(files=(str(path),)))
    return path

"""What Uz changed on this machine outside its own folder, so that all of it can be taken back."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from uz.errors import MachineError
from uz.targets.local.folders import write


@dataclass(frozen=True)
class Ledger:
    """Everything that exists only because Uz made it. Of `folders` those go that are empty then."""

    packages: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    disabled_units: tuple[str, ...] = ()

    def with_more(self, **more: tuple[str, ...]) -> "Ledger":
        """The same ledger with further entries, none twice."""
        return replace(
            self,
            **{name: tuple(dict.fromkeys(getattr(self, name) + new)) for name, new in more.items()},
        )

    def without_file(self, path: str) -> "Ledger":
        """The same ledger without one file."""
        return replace(self, files=tuple(one for one in self.files if one != path))


def listed(names: tuple[str, ...], most: int = 12) -> str:
    """Names for a line: npm alone comes in some three hundred packages."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return " ".join(names[:most]) + more


def ledger_path(home: Path) -> Path:
    """Where the ledger lies."""
    return home / "machine.json"


def read_ledger(home: Path) -> Ledger:
    """Return the ledger; an empty one where Uz changed nothing. Raises MachineError."""
    path = ledger_path(home)
    try:
        loaded = json.loads(path.read_text())
        return Ledger(**{name: tuple(values) for name, values in loaded.items()})
    except FileNotFoundError:
        return Ledger()
    except (ValueError, TypeError, AttributeError) as error:
        raise MachineError(
            f"{path}: damaged ({error})", hint="Restore it: it says what Uz may remove."
        ) from error


def write_ledger(home: Path, ledger: Ledger) -> None:
    """Keep the ledger. Raises MachineError."""
    write(ledger_path(home), json.dumps(asdict(ledger), indent=1))

"""Removing exactly what Uz created."""

import fcntl
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from uz import trail
from uz.errors import MachineError, ProgramError
from uz.operations.place import same_project
from uz.shell import run
from uz.targets.local.down import down, remove
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import RECOVERING, Layout, machine_trail
from uz.targets.local.ledger import Ledger, ledger_path, listed, read_ledger, write_ledger
from uz.targets.local.state import locked, read_state
from uz.targets.local.tools import tools_folder

Progress = Callable[[str, str], None]
HOLDER = re.compile(r"(uz .* \(process [0-9]+\))?")
"""What a lock has in it: who holds it, and nothing when nobody does."""


@dataclass(frozen=True)
class Removals:
    """What goes: an app's environments, and with the last app what Uz made on the machine."""

    home: Path
    app: str
    environments: tuple[Layout, ...]
    units: tuple[str, ...]
    machine: Ledger | None

    def lines(self, *, packages: bool) -> list[str]:
        """The list, one line each, as it is shown before anything happens."""
        found = [self._environment(layout) for layout in self.environments]
        if (self.home / self.app).exists():
            found.append(f"folder   {self.home / self.app}")
        found += [f"file     {path}" for path in self.units]
        if self.machine is None:
            return found
        found += [f"user     {name}" for name in self.machine.users]
        found += [f"file     {path}" for path in self.machine.files if path not in self.units]
        found += [f"folder   {path}, if nothing else is in it" for path in self.machine.folders]
        if tools_folder().exists():
            found.append(f"folder   {tools_folder()}")
        if self.machine.packages and packages:
            found.append(f"packages {listed(self.machine.packages)}")
        return found

    def _environment(self, layout: Layout) -> str:
        if not layout.root.exists():
            return f"data     {layout.recovering.root}, left by an interrupted recovery"
        state = read_state(layout)
        kind = f" ({state.kind})" if state else ""
        return f"data     {layout.root} with data, releases and secrets{kind}"


def removals(home: Path, app: str, project: Path) -> Removals:
    """Find out what Uz made for this app; for the machine too when no other app is left.

    Raises MachineError where an environment of this name belongs to another project.
    """
    folder = home / app
    there = [path for path in (folder.iterdir() if folder.is_dir() else ()) if path.is_dir()]
    names = {path.name for path in there if _an_environment(path)}
    names |= {path.stem for path in there if path.suffix == RECOVERING}
    environments = tuple(Layout(home, app, name) for name in sorted(names))
    for layout in environments:
        same_project(layout, project)
    others = [path for path in home.glob("[a-z]*") if path.name != app and _an_app(path)]
    ledger = read_ledger(home)
    units = tuple(path for path in ledger.files if Path(path).name.startswith(f"uz-{app}-"))
    return Removals(home, app, environments, units, None if others else ledger)


def _an_app(path: Path) -> bool:
    return (path / "audit.jsonl").exists() or any(path.glob("*/state.json"))


def _an_environment(path: Path) -> bool:
    """Whether Uz made it: then it has a lock beside it, or a state inside."""
    if path.suffix == RECOVERING:
        return False
    return path.with_name(f"{path.name}.lock").exists() or (path / "state.json").exists()


def uninstall(removals_: Removals, *, packages: bool, progress: Progress) -> None:
    """Remove it, environments first.

    Raises MachineError in the end where a folder is kept, as it holds what Uz did not make.
    """
    for layout in removals_.environments:
        with locked(layout, "uninstall"):
            down(layout, progress=lambda _name, _what: None)
            remove(layout)
        progress(layout.environment, "stopped and removed")
    folder = removals_.home / removals_.app
    with disk_errors(folder):
        (folder / "audit.jsonl").unlink(missing_ok=True)
        for lock in folder.glob("*.lock"):
            if _ours(lock) and not _held(lock):
                lock.unlink()
    kept = _emptied(folder)
    ledger = read_ledger(removals_.home)
    for path in removals_.units:
        ledger = _remove_file(removals_.home, ledger, path, progress)
    trail.record(machine_trail(removals_.home), removals_.app, "uz uninstall", "done")
    if removals_.machine is not None:
        _machine(removals_.home, ledger, packages=packages, progress=progress)
        kept += _emptied(removals_.home)
    if kept:
        raise MachineError(
            "\n".join(kept), hint="All that Uz made is removed. What is left is yours to judge."
        )


def _ours(lock: Path) -> bool:
    """Whether a lock is Uz's: empty, or with what a command that was killed wrote into it."""
    return lock.is_file() and bool(HOLDER.fullmatch(lock.read_text(errors="replace")[:400]))


def _held(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _emptied(folder: Path) -> list[str]:
    """Remove an empty folder; else say what it holds."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return []
    except OSError as error:
        left = ", ".join(sorted(path.name for path in folder.iterdir())[:10]) or error.strerror
        return [f"{folder}: kept, as it holds what Uz did not make: {left}"]
    return []


def _remove_file(home: Path, ledger: Ledger, path: str, progress: Progress) -> Ledger:
    with disk_errors(Path(path)):
        Path(path).unlink(missing_ok=True)
    progress(Path(path).name, "removed")
    ledger = ledger.without_file(path)
    write_ledger(home, ledger)
    return ledger


def _machine(home: Path, ledger: Ledger, *, packages: bool, progress: Progress) -> None:
    for path in ledger.files:
        ledger = _remove_file(home, ledger, path, progress)
    for name in ledger.users:
        done = run(["userdel", name], timeout=60)
        if not done.ok and "does not exist" not in done.stderr:
            raise ProgramError(f"userdel {name} failed: {done.tail(3)}")
        progress(name, "user removed")
    if packages and ledger.packages:
        _remove_packages(ledger.packages)
        progress("packages", "removed")
    for path in reversed(ledger.folders):
        with suppress(OSError):  # what is not empty is in use by now
            Path(path).rmdir()
    with disk_errors(home):
        if tools_folder().is_symlink():
            tools_folder().unlink()
        elif tools_folder().exists():
            shutil.rmtree(tools_folder())
        ledger_path(home).unlink(missing_ok=True)
        machine_trail(home).unlink(missing_ok=True)


def _remove_packages(names: tuple[str, ...]) -> None:
    """Remove packages, and no other that would go with them.

    Their settings and data stay: purging PostgreSQL would drop every database that it serves.
    """
    remove_ = ["apt-get", "remove", "-y"]
    planned = run([*remove_, "--simulate", *names], timeout=600)
    going = set(re.findall(r"^Remv (\S+)", planned.stdout, re.MULTILINE))
    others = tuple(sorted(going - set(names)))
    if others:
        raise ProgramError(
            f"without the packages that Uz added, these cannot stay: {listed(others)}",
            hint="Remove them yourself first, or leave out --packages.",
        )
    done = run([*remove_, *names], timeout=600)
    if not done.ok:
        raise ProgramError(f"apt-get remove failed:\n{done.tail()}")

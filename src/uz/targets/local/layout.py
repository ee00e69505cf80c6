"""Where an environment keeps what: one folder, every path in it named here.

With isolation (started as root) the top is 0711 and each part belongs to whom it is for, so that
servers and app reach their own part and nothing else. Without, everything is 0700.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from uz.components.openbao import AUTHORITY
from uz.errors import MachineError

HOME_VARIABLE = "UZ_HOME"
LONGEST_SOCKET = 100
RECOVERING = ".recovering"
"""What the name of an environment that is being recovered ends with: no other can."""
SAFE_PATH = re.compile(r"[A-Za-z0-9._/@+-]+")


def home() -> Path:
    """The folder of all environments: `UZ_HOME`, /var/lib/uz (root), or the user's state folder.

    Raises MachineError where the path could not be written into a configuration.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen:
        path = Path(chosen).absolute()
    elif os.geteuid() == 0:
        path = Path("/var/lib/uz")
    else:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        path = Path(state) / "uz"
    if not SAFE_PATH.fullmatch(str(path)):
        raise MachineError(
            f"{str(path)!r}: letters, digits and . _ / @ + - are what this path may hold",
            hint=f"Choose another folder with {HOME_VARIABLE}=/path.",
        )
    problem = _out_of_reach(path)
    if problem:
        raise MachineError(
            problem,
            hint=f"Run as the user who ran `uz up`, or choose a place with {HOME_VARIABLE}=/path.",
        )
    return path


def _out_of_reach(path: Path) -> str:
    """Why this user cannot keep anything at a path, as far as that can be seen, or nothing."""
    there = next(one for one in (path, *path.parents) if os.path.lexists(one))
    if not os.path.isdir(there):  # noqa: PTH112 - says no where the path may not be looked at
        return f"{there}: is no folder"
    if not os.access(there, os.X_OK):
        return f"{there}: this user may not look into it"
    owner = there.stat().st_uid
    if there == path and owner != os.geteuid():
        return f"{path}: belongs to user {owner}, not to {os.geteuid()}"
    return ""


@dataclass(frozen=True)
class Layout:
    """The paths of one environment."""

    home: Path
    app: str
    environment: str

    @property
    def app_folder(self) -> Path:
        """All environments of one app, and its audit trail."""
        return self.home / self.app

    @property
    def root(self) -> Path:
        """The environment's own folder."""
        return self.app_folder / self.environment

    @property
    def config(self) -> Path:
        """Rendered files: no secret among them."""
        return self.root / "config"

    @property
    def data(self) -> Path:
        """What services must not lose."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """Logs of services, supervisor and builds."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Sockets, process ids, temporary files: nothing that must survive."""
        return self.root / "run"

    @property
    def groups(self) -> Path:
        """Process group of each started service, to find what a crash left behind."""
        return self.run / "groups"

    @property
    def active(self) -> Path:
        """Which release each service of the app runs."""
        return self.root / "active"

    @property
    def releases(self) -> Path:
        """Numbered release folders."""
        return self.root / "releases"

    @property
    def credentials(self) -> Path:
        """Link to the memory-backed folder that holds what servers must read from a file."""
        return self.root / "credentials"

    @property
    def secrets(self) -> Path:
        """The secrets of `manager = "file"`, and of before there was a manager."""
        return self.root / "secrets.json"

    @property
    def bootstrap(self) -> Path:
        """The one credential that opens all others: outside of what is backed up with the data."""
        return self.app_folder / f"{self.environment}.bootstrap"

    @property
    def sealed(self) -> Path:
        """The last secrets that the manager gave, encrypted."""
        return self.root / "secrets.age"

    @property
    def recovery_kit(self) -> Path:
        """What brings the secrets back where the bootstrap credential is lost; readable."""
        return self.app_folder / f"{self.environment}.recovery-kit.json"

    @property
    def sealed_kit(self) -> Path:
        """The recovery kit, encrypted to the recipient that `uz.toml` names."""
        return self.app_folder / f"{self.environment}.recovery-kit.age"

    @property
    def openbao_authority(self) -> Path:
        """The certificate of the CA that OpenBao is checked by."""
        return self.root / AUTHORITY

    @property
    def initialising(self) -> Path:
        """There while OpenBao is initialised: what an interrupted one left is made anew."""
        return self.root / "openbao.initialising"

    @property
    def repositories(self) -> Path:
        """Backups on this machine, a folder each; the name of the current one is in `current`."""
        return self.data / "repository"

    @property
    def backups_lock(self) -> Path:
        """Held by the one command that makes, removes or restores backups."""
        return self.app_folder / f"{self.environment}.backups.lock"

    @property
    def recovering(self) -> "Layout":
        """Where `uz recover` puts the environment together before it is one."""
        return Layout(self.home, self.app, f"{self.environment}{RECOVERING}")

    @property
    def beside(self) -> tuple[Path, ...]:
        """What of the environment lies beside its folder, but for the lock."""
        return (self.bootstrap, self.recovery_kit, self.sealed_kit)

    @property
    def state(self) -> Path:
        """What is applied."""
        return self.root / "state.json"

    @property
    def evidence(self) -> Path:
        """What was proven, one file for each item."""
        return self.root / "evidence"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes this environment."""
        return self.app_folder / f"{self.environment}.lock"

    @property
    def trail(self) -> Path:
        """The audit trail of all environments of the app."""
        return self.app_folder / "audit.jsonl"

    @property
    def socket(self) -> Path:
        """Where supervisord listens. Raises MachineError where the path is too long for it."""
        path = self.run / "supervisor.sock"
        if len(str(path)) > LONGEST_SOCKET:
            raise MachineError(
                f"{path}: too long for a socket ({len(str(path))} of {LONGEST_SOCKET} characters)",
                hint=f"Choose a shorter folder with {HOME_VARIABLE}=/path.",
            )
        return path


def machine_trail(home_folder: Path) -> Path:
    """The audit trail of what was changed on the machine itself."""
    return home_folder / "audit.jsonl"


def known(home_folder: Path) -> tuple[Layout, ...]:
    """All environments in this home, of any app, that have a state."""
    found = sorted(home_folder.glob("*/*/state.json"))
    return tuple(Layout(home_folder, path.parts[-3], path.parts[-2]) for path in found)

"""Everything that can go wrong and that the user can do something about.

    UzError            exit 2: the user must fix something first
    ├── SpecError      uz.toml is missing, invalid, or asks for something unsafe
    ├── ProgramError   a server program is missing, too old, or failed
    ├── MachineError   port, folder, disk, permission or user on this machine
    ├── BusyError      another uz command works on this environment
    ├── SecretError    a secret is missing or unreadable
    │   ├── UnreachableError  the secrets manager gives no answer
    │   └── RefusedError      the secrets manager does not let Uz in
    ├── StoreError     the off-site store does not do what is asked
    │   ├── StoreUnreachableError  it gives no answer
    │   └── StoreRefusedError      it does not let Uz in, or forbids it
    ├── BackupError    a backup cannot be taken, read or restored
    └── UnhealthyError exit 1: everything was tried, the stack is not healthy

Each says what and where; `hint` says what to do next. Anything else that is raised is our bug.
"""


class UzError(Exception):
    """Something the user can fix: the message says what and where, `hint` what next."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the hint apart, so that every reporter can show it in its own way."""
        super().__init__(message)
        self.hint = hint


class SpecError(UzError):
    """`uz.toml` cannot be used as it is."""


class ProgramError(UzError):
    """A program that Uz runs is missing, too old or failed."""


class MachineError(UzError):
    """This machine does not allow what is needed: port, folder, disk, permission, user."""


class BusyError(UzError):
    """Another Uz command holds this environment."""


class SecretError(UzError):
    """A secret is missing or cannot be read."""


class UnreachableError(SecretError):
    """The secrets manager gives no answer: the network, a timeout. The sealed copy may help."""


class RefusedError(SecretError):
    """The secrets manager refuses the login, or what was asked for. No copy may help then."""


class StoreError(UzError):
    """The off-site store does not do what is asked of it."""


class StoreUnreachableError(StoreError):
    """The off-site store gives no answer: the network, a timeout, or it is overloaded."""


class StoreRefusedError(StoreError):
    """The off-site store refuses the credential, or what was asked for."""


class BackupError(UzError):
    """A backup cannot be taken, read or restored."""


class UnhealthyError(UzError):
    """The stack was brought as far as possible and is not healthy."""

    exit_code = 1

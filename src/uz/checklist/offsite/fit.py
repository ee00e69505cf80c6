"""Which stacks a control about backups can be done to."""

from uz.spec import Spec


def no_offsite(spec: Spec) -> str:
    """Why a control that needs backups off-site cannot be done; empty where it can."""
    if spec.backups is None:
        return "uz.toml has no [backups]"
    return "" if spec.backups.offsite else "backups.offsite is not set"


def no_database(spec: Spec) -> str:
    """Why one that needs a backup of the database cannot be done; empty where it can."""
    return no_offsite(spec) or ("" if spec.database else "uz.toml has no [database]")

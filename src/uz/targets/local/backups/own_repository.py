"""The repository that `uz up` goes on with, or begins: one database, one repository."""

import sys

from uz.components.archive_scripts import CLUSTER
from uz.components.database import name, nodes_of
from uz.errors import BackupError
from uz.spec import Spec
from uz.targets.local.backups.repository import Repository, prepare_repository
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import Layout
from uz.targets.local.leading import control_of, leader, number_in


def settle_repository(layout: Layout, spec: Spec) -> Repository | None:
    """Make the repository where the Spec has backups; another one where the database is not the
    one that the current repository is of. Raises MachineError, BackupError."""
    if spec.backups is None:
        return None
    found = prepare_repository(layout)
    return prepare_repository(layout, anew=True) if of_another(layout, spec, found) else found


def of_another(layout: Layout, spec: Spec, repository: Repository) -> bool:
    """Whether a repository is of another database than the primary's, or of one that is gone."""
    path = repository.database / CLUSTER
    if spec.database is None or not path.exists():
        return False
    with disk_errors(path):
        said = path.read_text(errors="replace").strip()
    if not said.isdecimal():
        raise BackupError(f"{path}: damaged", hint="Remove this file: `uz up` writes it again.")
    return cluster(layout, spec) not in {said, None}


def cluster(layout: Layout, spec: Spec) -> str | None:
    """The system identifier of the primary's data; empty where no server has data, None where only
    others have."""
    assert spec.database is not None
    controls = {one: control_of(layout, one) for one in nodes_of(spec.database)}
    own = controls[name(leader(layout, spec))]
    if not own.exists():
        return None if any(one.exists() for one in controls.values()) else ""
    with disk_errors(own):
        return str(int.from_bytes(number_in(own), sys.byteorder))

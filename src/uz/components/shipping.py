"""Shipping: what is backed up on this machine goes off-site, all the while."""

import json
from collections.abc import Mapping

from uz.backups import PASSPHRASE
from uz.machine import Machine
from uz.spec import Backups, Spec
from uz.stack import Owner, Role, SecretText, Service, Stack, StaysUp

NAME = "shipping"
FOLDER = "backups"
SETTINGS = f"{FOLDER}/settings.json"


def shipping(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """The service that sends the repository off-site; nothing without backups.

    It reads what was applied. Its own file is there for it to be restarted when that changes.
    """
    if spec.backups is None:
        return Stack()
    service = Service(
        name=NAME,
        role=Role.SERVER,
        owner=Owner.OPERATOR,
        folder=FOLDER,
        description="sends backups and the database's log off-site"
        if spec.backups.offsite
        else "watches the backups; they stay on this machine",
        command=("sh", "{root}/python", "-m", "uz.operations.shipping", "{root}"),
        ready=StaysUp(0.5),
        after=_after(spec, spec.backups),
        credentials=_credentials(spec.backups),
        passwords=(PASSPHRASE,),
        stop_timeout=5,
    )
    wanted = {
        "backups": spec.backups.model_dump(mode="json"),
        "database": bool(spec.database),
        "secrets": spec.secrets.manager.value,
    }
    return Stack((service,), {SETTINGS: json.dumps(wanted, indent=1) + "\n"})


def _credentials(backups: Backups) -> Mapping[str, str | SecretText]:
    found: dict[str, str | SecretText] = {"passphrase": PASSPHRASE}
    if backups.embedded:
        found["secret-key"] = "offsite/adder"
    elif backups.access_key and backups.secret_key:
        found |= {"access-key": backups.access_key, "secret-key": backups.secret_key}
    return found


def _after(spec: Spec, backups: Backups) -> tuple[str, ...]:
    """After the database, so that it stops first: nothing waits for shipping."""
    database = ("database-setup",) if spec.database else ()
    return (*database, *(("offsite",) if backups.embedded else ()))

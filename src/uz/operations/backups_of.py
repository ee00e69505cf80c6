"""What commands about backups work with: the table, the engine and the store of a place."""

from dataclasses import replace
from typing import Any

from uz.backups.engine import Engine
from uz.backups.no_database import NoDatabase
from uz.backups.pgbackrest import PgBackRest
from uz.backups.policies import POLICIES
from uz.backups.store import Store
from uz.components.offsite import BUCKET
from uz.errors import UzError
from uz.operations.place import Place
from uz.secret import FileSecrets, SecretSource
from uz.spec.backups import Backups
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.backups.engine_of import engine_of
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.store_of import prefix_of, store_of
from uz.targets.local.keeping import log_in

DYING = ("setpriv", "--pdeathsig", "KILL", "--")
"""Behind the words that give rights up: a change of rights would undo it."""


def wanted_backups(place: Place) -> Backups:
    """The `[backups]` table. Raises UzError where there is none."""
    if place.spec.backups is None:
        raise UzError("uz.toml has no [backups]", hint="Add [backups], and `uz up`.")
    return place.spec.backups


def engine_for(place: Place, repository: Repository) -> Engine:
    """The engine of a repository on this machine. What it runs dies with the thread that asked for
    it: a backup whose command was killed would else hold the repository."""
    if place.spec.database is None:
        return NoDatabase()
    return dying(engine_of(place.layout, place.spec, place.machine, repository))


def dying(engine: PgBackRest) -> PgBackRest:
    """The same engine, of which nothing goes on unseen when the command that uses it is killed."""
    return replace(engine, rights=(*engine.rights, *DYING))


def store_for(place: Place, identity: str = "adder") -> Store:
    """The off-site store, as an identity sees it. Raises UzError where there is none."""
    if wanted_backups(place).offsite is None:
        raise UzError(
            "uz.toml has no backups.offsite: the backups are on this machine only",
            hint='Add offsite = "s3://BUCKET" to [backups], and `uz up`.',
        )
    layout, spec, project = place.layout, place.spec, place.project
    return store_of(layout, spec, project, _source(place, identity), identity)


def _source(place: Place, identity: str) -> SecretSource:
    """Where an identity's keys are; of the user's own bucket the machine has only its own."""
    if identity == "adder":
        return DeliveredSecrets(place.layout)
    if wanted_backups(place).embedded:
        return log_in(place.layout, place.spec, place.project)
    return FileSecrets(place.layout.secrets)


def policy_of(place: Place, identity: str) -> dict[str, Any]:
    """What an identity of the off-site bucket has to be allowed and forbidden, as an S3 policy."""
    bucket = wanted_backups(place).bucket or BUCKET
    prefix = prefix_of(place.spec)
    return POLICIES[identity](bucket, prefix)

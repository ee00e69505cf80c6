"""What a restore of an environment is done with: the engine, for a repository wherever it lies."""

from pathlib import Path

from uz.backups.engine import Engine
from uz.backups.pgbackrest import PgBackRest
from uz.operations.backups_of import dying
from uz.operations.place import Place
from uz.secret import Secret
from uz.targets.local.backups.engine_of import private_engine
from uz.targets.local.backups.restoring import Workshop

NAMES = PgBackRest(Path("/"), Path("/"), Path("/"))
"""Asked about names of files alone."""


def workshop(place: Place, passphrase: Secret) -> Workshop:
    """For repositories that are opened with this passphrase. What it runs ends with this process:
    a restore whose command was killed would else go on writing, unseen."""

    def engine(folder: Path, scratch: Path) -> Engine:
        return dying(private_engine(folder, place.machine, passphrase, scratch))

    return Workshop(place.machine, engine, NAMES)

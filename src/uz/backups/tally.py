"""A tally: which files there were when a backup was taken, to compare with what comes back."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from uz.backups.sealing import seal, unseal
from uz.errors import BackupError
from uz.secret import Secret


@dataclass(frozen=True)
class Sampled:
    """One file: its bytes and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Tally:
    """What there was beside the database.

    `files`, with `size` bytes in them, stayed as they were all the while; `changing` others did
    not. `sample` has some of them by their paths. `missing` says, a line each, what could not be
    taken.
    """

    files: int
    size: int
    changing: int = 0
    sample: Mapping[str, Sampled] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def sealed(self, passphrase: Secret) -> str:
        """As text that only who knows the passphrase can read, or make: it has names of files."""
        return base64.b64encode(seal(passphrase, json.dumps(asdict(self)).encode())).decode()


def unsealed(passphrase: Secret, text: str) -> Tally:
    """Read a sealed tally. Raises BackupError where it is none, or of another passphrase."""
    try:
        found = json.loads(unseal(passphrase, base64.b64decode(text, validate=True)))
        sample = {path: Sampled(**one) for path, one in found["sample"].items()}
        return Tally(**{**found, "sample": sample, "missing": tuple(found["missing"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"what was counted of the files is damaged: {error}") from error

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from uz.backups.sealing import seal
from uz.backups.tally import Sampled, Tally, unsealed
from uz.errors import BackupError
from uz.secret import Secret

PASSPHRASE = Secret(b"a passphrase of the backups")
NUMBER = some.integers(0, 2**62)
SAMPLES = some.dictionaries(some.text(), some.builds(Sampled, NUMBER, some.text()))
TALLIES = some.builds(Tally, NUMBER, NUMBER, NUMBER, SAMPLES, some.lists(some.text()).map(tuple))


@given(TALLIES)
def test_it_is_read_as_it_was_sealed(tally: Tally) -> None:
    assert unsealed(PASSPHRASE, tally.sealed(PASSPHRASE)) == tally


def test_names_of_files_cannot_be_read_without_the_passphrase() -> None:
    text = Tally(1, 1, sample={"/srv/passport-of-jane.pdf": Sampled(1, "x")}).sealed(PASSPHRASE)
    assert b"passport" not in base64.b64decode(text)
    with pytest.raises(BackupError, match="another one"):
        unsealed(Secret(b"another"), text)


def sealed(content: object) -> str:
    return base64.b64encode(seal(PASSPHRASE, json.dumps(content).encode())).decode()


WHOLE = {"files": 1, "size": 1, "changing": 0, "sample": {}, "missing": []}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base 64!",
        base64.b64encode(b"not sealed").decode(),
        sealed([]),
        sealed({"files": 1}),
        sealed(WHOLE | {"more": 1}),
        sealed(WHOLE | {"sample": {"/a": {"size": 1}}}),
        sealed(WHOLE | {"missing": None}),
    ],
)
def test_what_is_none_is_told(text: str) -> None:
    with pytest.raises(BackupError):
        unsealed(PASSPHRASE, text)

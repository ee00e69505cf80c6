import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations import verify_backups as module
from uz.operations.verify_backups import Verified


@pytest.fixture(autouse=True)
def _applied(projects: Projects) -> None:
    projects.applied(backups={})


@pytest.mark.parametrize(
    ("found", "code", "text"),
    [
        (Verified((), 9, 3, 2**20), 0, "all is well; off-site: 3 of 9 objects read back, 1.0 MiB"),
        (Verified(), 0, "all is well"),
        (Verified(("files: no",)), 1, "wrong: files: no\n1 thing is wrong"),
        (Verified(("files: no", "b")), 1, "wrong: files: no\nwrong: b\n2 things are wrong"),
    ],
)
def test_it_says_what_is_wrong_or_how_much_was_read(
    uz: Uz, monkeypatch: pytest.MonkeyPatch, found: Verified, code: int, text: str
) -> None:
    monkeypatch.setattr(module, "verify_backups", lambda *_: found)
    said = uz("backup", "verify")
    assert said.code == code
    assert said.out.startswith(text)

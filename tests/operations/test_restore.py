from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.backups.archiving_cluster import MACHINE, VERSION
from tests.backups.repositories import Made, Paths, an_hour

from uz.backups import PASSPHRASE
from uz.backups.inventory import Inventory
from uz.backups.plan import Plan
from uz.backups.target import LATEST, to_time
from uz.components import compose
from uz.errors import BackupError, SecretError, StoreUnreachableError, UzError
from uz.operations import restore
from uz.operations.place import Place
from uz.operations.restore import choose, opened, passphrase
from uz.secret import FileSecrets, Secret
from uz.targets.local.backups.restoring import Workshop
from uz.targets.local.backups.sources import Source
from uz.targets.local.layout import Layout
from uz.testing import spec


class Told:
    """A source that says what it is told to."""

    def __init__(self, where: str, found: Sequence[Inventory] | UzError) -> None:
        self.where, self.here, self._found = where, where == "here", found

    def found(self) -> tuple[Inventory, ...]:
        if isinstance(self._found, UzError):
            raise self._found
        return tuple(self._found)

    def repository(self, plan: Plan, into: Path, *, within: float) -> Path:
        raise NotImplementedError


def hour(minutes: int = 60) -> Made:
    made = an_hour()
    made.backups[:] = []
    made.catalogs[:] = []
    made.files.clear()
    made.log(0, minutes)
    made.take("full", 1, version=VERSION)
    made.take("diff", 30, "full", version=VERSION)
    return made


SHOP = Workshop(MACHINE, lambda _folder, _own: pytest.fail("nothing is restored"), Paths())


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    listed: list[Told] = []

    def sources(_place: Place, _shop: Workshop, _own: Path, *, offsite: bool) -> Iterator[Source]:
        yield from (one for one in listed if not (offsite and one.here))

    monkeypatch.setattr(restore, "sources", sources)
    return listed


def chosen(given: list[Told], *, offsite: bool = False) -> str:
    found = choose(object.__new__(Place), SHOP, LATEST, Path("/none"), offsite=offsite)
    return found.source.where


def test_what_is_here_comes_first(given: list[Told]) -> None:
    given += [Told("here", [hour().inventory()]), Told("away", [hour().inventory()])]
    assert chosen(given) == "here"
    assert chosen(given, offsite=True) == "away"


def test_where_a_backup_here_is_not_whole_the_one_away_is_taken(given: list[Told]) -> None:
    given += [Told("here", [hour().without("diff/bundle")]), Told("away", [hour().inventory()])]
    assert chosen(given) == "away"


def test_where_neither_is_whole_what_reaches_farther_is_taken(given: list[Told]) -> None:
    here, away = hour(50).without("diff/bundle"), hour(60).without("diff/bundle")
    given += [Told("here", [here]), Told("away", [away])]
    assert chosen(given) == "away"


def test_a_store_that_is_down_does_no_harm_where_all_is_here(given: list[Told]) -> None:
    given += [Told("here", [hour().inventory()]), Told("away", StoreUnreachableError("down"))]
    assert chosen(given) == "here"


def test_an_empty_machine_takes_what_is_away(given: list[Told]) -> None:
    given += [Told("here", []), Told("away", [hour().inventory()])]
    assert chosen(given) == "away"


def test_where_nothing_leads_there_both_say_why(given: list[Told]) -> None:
    given += [Told("here", []), Told("away", StoreUnreachableError("the store is down"))]
    with pytest.raises(BackupError, match=r"(?s)no backup to restore.*Off-site: the store is down"):
        chosen(given)
    given[:] = [Told("away", StoreUnreachableError("the store is down"))]
    with pytest.raises(StoreUnreachableError):
        chosen(given)


def test_what_cannot_be_is_said_as_the_plan_says_it(given: list[Told]) -> None:
    given += [Told("here", [hour().inventory()]), Told("away", [hour().inventory()])]
    ended = hour().backups[0].ended
    with pytest.raises(BackupError, match="before the first backup"):
        choose(object.__new__(Place), SHOP, to_time(ended - timedelta(hours=1)), Path("/none"))


@pytest.mark.parametrize(
    ("table", "said"), [("database", r"no \[backups\]"), ("backups", r"no \[database\]")]
)
def test_without_backups_or_a_database_there_is_nothing_to_restore(
    tmp_path: Path, table: str, said: str
) -> None:
    tables: dict[str, Any] = {table: {}}
    made = spec("trial", **tables)
    place = Place(tmp_path, made, MACHINE, compose(made, MACHINE), Layout(tmp_path, "s", "t"))
    with pytest.raises(UzError, match=said) as raised:
        opened(place, "restore", lambda _one, _what: None)
    assert raised.value.hint


def test_the_passphrase_is_what_was_delivered_else_what_the_manager_has(tmp_path: Path) -> None:
    made = spec("trial", database={}, backups={}, secrets={"manager": "file"})
    layout = Layout(tmp_path, "shop", "trial")
    layout.root.mkdir(parents=True)
    place = Place(tmp_path, made, MACHINE, compose(made, MACHINE), layout)

    def asked() -> bytes:
        return passphrase(place, "restore", lambda _one, _what: None).reveal()

    with pytest.raises(SecretError, match="does not have it") as error:
        asked()
    assert "recovery kit" in error.value.hint
    FileSecrets(layout.secrets).write(PASSPHRASE, Secret(b"kept"))
    assert asked() == b"kept"
    (layout.credentials / "backups").mkdir(parents=True)
    (layout.credentials / "backups/passphrase").write_bytes(b"delivered")
    assert asked() == b"delivered"

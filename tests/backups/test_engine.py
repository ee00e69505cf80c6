import inspect
from pathlib import Path

import pytest

from uz.backups.engine import Engine, Server
from uz.backups.pgbackrest import PgBackRest

METHODS = [name for name, _ in inspect.getmembers(Engine, inspect.isfunction) if name[0] != "_"]


@pytest.mark.parametrize("name", METHODS)
def test_pgbackrest_is_asked_in_the_same_words(name: str) -> None:
    own, wanted = (inspect.signature(getattr(one, name)) for one in (PgBackRest, Engine))
    assert own == wanted


def test_a_server_is_known_by_its_data_and_socket() -> None:
    assert Server(Path("/data"), Path("/run"), 1) == Server(Path("/data"), Path("/run"), 1)


def test_the_files_that_change_are_never_sent_by_themselves(tmp_path: Path) -> None:
    engine: Engine = PgBackRest(tmp_path, tmp_path, tmp_path)
    assert all(engine.passing(path) for path in engine.index())

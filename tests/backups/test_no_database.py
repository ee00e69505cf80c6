from pathlib import Path

import pytest
from tests.backups.paper_engine import SERVER

from uz.backups.backup import BackupKind
from uz.backups.engine import Engine
from uz.backups.no_database import NoDatabase
from uz.errors import BackupError


def test_it_is_an_engine_that_knows_nothing() -> None:
    engine: Engine = NoDatabase()
    engine.prepare(SERVER)
    assert (engine.backups(), engine.verify(), engine.expire(1), engine.index()) == ((), (), (), ())
    assert engine.passing("backup/x")
    assert engine.files_of("x", ("backup/x",)) == ()
    assert engine.segment_of("log/x") == ""


def test_it_says_that_there_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"no \[database\]"):
        NoDatabase().back_up(SERVER, BackupKind.FULL)
    with pytest.raises(BackupError, match="there is no backup 'x'"):
        NoDatabase().restore("x", tmp_path)

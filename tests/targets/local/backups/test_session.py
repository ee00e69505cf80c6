import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bare_postgres import Bare, bare

from uz.errors import BackupError
from uz.targets.local.backups.session import Session

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        yield one


def test_an_answer_is_a_row_a_line(server: Bare) -> None:
    assert server.session.ask("SELECT n, 'x' FROM generate_series(1, 2) n", "app") == "1|x\n2|x"


def test_a_question_is_done_whole_or_not_at_all(server: Bare) -> None:
    with pytest.raises(BackupError, match=r"the database app: division by zero"):
        server.session.ask("CREATE TABLE half (); SELECT 1 / 0", "app")
    assert server.session.ask("SELECT to_regclass('half') IS NULL", "app") == "t"


def test_nobody_at_the_socket_is_an_error_with_a_hint(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(BackupError, match="the database app: ") as caught:
        Session(tmp_path, 5432).ask("SELECT 1", "app")
    assert caught.value.hint


def test_what_takes_too_long_is_ended(server: Bare) -> None:
    with pytest.raises(BackupError, match=r"still running after 0\.3 s"):
        server.session.ask("SELECT pg_sleep(20)", "app", within=0.3)


def test_a_script_is_one_session_and_ends_at_its_first_error(server: Bare) -> None:
    done = server.session.script("SELECT 1;\nSELECT 1 / 0;\nSELECT 2;\n", "app", within=10)
    assert (done.code, done.stdout) == (3, "1\n")
    long = "".join(f"SELECT '{'x' * 100}{number}';\n" for number in range(5000))
    assert len(server.session.script(long, "app", within=30).stdout.splitlines()) == 5000


def test_the_callers_environment_leads_nowhere_else(
    server: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGSERVICE", "PGOPTIONS", "PGUSER", "PGSSLMODE"):
        monkeypatch.setitem(os.environ, name, "nowhere")
    assert server.session.ask("SELECT current_user", "app") == "postgres"

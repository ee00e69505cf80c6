from collections.abc import Iterator

import pytest
from tests.bare_postgres import Bare, bare

from uz.errors import BackupError
from uz.targets.local.backups.contents import AT_ONCE, contents

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        for number in range(2 * AT_ONCE):
            one.ask(f"CREATE TABLE t{number} AS SELECT generate_series(1, {number % 7}) AS id")
        wide = ", ".join(f"c{number}_{'x' * 50} int" for number in range(1000))
        one.ask(f"CREATE TABLE wide ({wide})")
        yield one


def test_all_tables_are_counted_in_few_questions(server: Bare) -> None:
    asked: list[str] = []

    def ask(sql: str, database: str, *, within: float = 60) -> str:
        asked.append(sql)
        return server.session.ask(sql, database, within=within)

    found = contents(ask)
    assert {found.tables[f"public.t{n}"].rows == n % 7 for n in range(2 * AT_ONCE)} == {True}
    assert len(asked) == 5
    assert not found.left_out
    assert "table public.t1" in found.objects


def test_a_table_that_cannot_be_read_is_named_and_the_others_are_counted(server: Bare) -> None:
    def ask(sql: str, database: str, *, within: float = 60) -> str:
        if "ONLY public.t7 " in f"{sql} ":
            raise BackupError("invalid page in block 3")
        return server.session.ask(sql, database, within=within)

    found = contents(ask)
    assert found.left_out == {"public.t7": "invalid page in block 3"}
    assert len(found.tables) == 2 * AT_ONCE + 1


def test_a_server_that_does_not_answer_is_an_error() -> None:
    def ask(sql: str, database: str, *, within: float = 60) -> str:
        raise BackupError("no answer")

    with pytest.raises(BackupError, match="no answer"):
        contents(ask)

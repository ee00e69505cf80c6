import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bare_postgres import Bare, bare, programs

from uz.backups.finding import Finding
from uz.errors import BackupError
from uz.targets.local.backups.wholeness import checksums, undamaged

pytestmark = pytest.mark.live

PAGE = 8192
XMIN = PAGE - 32
"""Where the first row of a table with one number begins, whose first bytes say who wrote it."""


@pytest.fixture
def server() -> Iterator[Bare]:
    with bare() as one:
        one.ask("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 900)")
        one.ask("CREATE TABLE long (text text)")
        one.ask(
            "INSERT INTO long SELECT string_agg(md5(n::text), '') FROM generate_series(1, 999) n"
        )
        yield one


def file_of(server: Bare, name: str) -> Path:
    return server.data / server.ask(f"SELECT pg_relation_filepath('{name}')")


def damage(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def found(server: Bare) -> dict[str, Finding]:
    return {one.name: one for one in undamaged(server.session.ask)}


def test_all_indexes_and_tables_of_a_sound_database_are_whole(server: Bare) -> None:
    seen = found(server)
    assert all(one.held for one in seen.values()), seen
    own = int(server.ask("SELECT count(*) FROM pg_class WHERE relkind = 'i'"))
    assert seen["indexes"].figures["checked"] == own > 150
    assert int(seen["tables"].figures["checked"]) > 100


def test_nothing_of_the_looks_is_left(server: Bare) -> None:
    found(server)
    assert server.ask("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'") == "0"
    assert server.ask("SELECT to_regnamespace('uz_checks') IS NULL") == "t"


@pytest.mark.slow
def test_an_extension_of_the_users_stays_where_it_is(server: Bare) -> None:
    server.ask('CREATE SCHEMA "Its Own"; CREATE EXTENSION amcheck SCHEMA "Its Own"')
    assert all(one.held for one in found(server).values())
    assert server.ask("SELECT extnamespace::regnamespace FROM pg_extension"
                      " WHERE extname = 'amcheck'") == '"Its Own"'  # fmt: skip


@pytest.mark.slow
def test_a_row_that_nobody_can_have_written_is_found(server: Bare) -> None:
    path = file_of(server, "t")
    server.stop(signal.SIGINT)
    damage(path, XMIN, b"\xff\xff\xff\x7e")
    server.start("ignore_checksum_failure=on")
    seen = found(server)
    assert not seen["tables"].held
    assert seen["tables"].detail.startswith("public.t: ") or "t: xmin" in seen["tables"].detail


@pytest.mark.slow
def test_an_index_that_is_not_in_order_is_found_and_the_others_are_looked_at(server: Bare) -> None:
    path = file_of(server, "t_pkey")
    server.stop(signal.SIGINT)
    damage(path, PAGE + 8000, b"\x42" * 8)
    server.start("ignore_checksum_failure=on")
    seen = found(server)
    assert not seen["indexes"].held
    assert "t_pkey" in seen["indexes"].detail
    assert int(seen["indexes"].figures["checked"]) > 150


def test_an_index_that_lacks_a_row_is_found(server: Bare) -> None:
    server.ask("UPDATE pg_index SET indisready = false, indislive = true, indisvalid = false"
               " WHERE indexrelid = 't_pkey'::regclass")  # fmt: skip
    server.ask("INSERT INTO t VALUES (5000)")
    server.ask("UPDATE pg_index SET indisready = true, indisvalid = true"
               " WHERE indexrelid = 't_pkey'::regclass")  # fmt: skip
    seen = found(server)["indexes"]
    assert not seen.held
    assert "lacks matching index tuple" in seen.detail


@pytest.mark.slow
def test_a_page_that_is_not_what_was_written_is_found_by_reading_it(server: Bare) -> None:
    path = file_of(server, "t")
    server.stop(signal.SIGINT)
    damage(path, 4000, b"\x01")
    server.start()
    assert not found(server)["tables"].held


def test_every_page_of_a_stopped_cluster_has_its_checksum(server: Bare) -> None:
    path, program = file_of(server, "t"), programs() / "pg_checksums"
    server.stop(signal.SIGINT)
    seen = checksums(server.data, program, tuple(server.rights))
    assert seen.held, seen
    assert int(seen.figures["pages"]) > 500
    damage(path, 4000, b"\x01")
    seen = checksums(server.data, program, tuple(server.rights))
    assert not seen.held
    assert "checksum verification failed" in seen.detail


@pytest.mark.slow
def test_a_cluster_that_runs_or_is_not_there_has_no_checksums(server: Bare, tmp_path: Path) -> None:
    program = programs() / "pg_checksums"
    for data in (server.data, tmp_path):
        assert not checksums(data, program, tuple(server.rights)).held
    assert not checksums(server.data, tmp_path / "nothing").held


def test_no_answer_and_nothing_looked_at_hold_nothing() -> None:
    def silent(sql: str, database: str, *, within: float = 60) -> str:
        raise BackupError("no answer")

    def empty(sql: str, database: str, *, within: float = 60) -> str:
        return "[]"

    for ask in (silent, empty):
        assert not any(one.held for one in undamaged(ask))

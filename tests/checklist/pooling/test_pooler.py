"""PgBouncer's console, and the pool as the server counts it."""

import pytest
from tests.checklist.pool_stand import POOL, PoolStand

from uz.checklist.pooling import pooler
from uz.errors import UnhealthyError
from uz.shell import Completed
from uz.stack import Owner


def test_the_console_is_asked_by_its_private_socket(stand: PoolStand) -> None:
    pooler.console(stand, "SHOW POOLS")
    (words,) = stand.said
    assert words[-2:] == ("-c", "SHOW POOLS")
    assert f"{stand.folder}/run/pgbouncer" in words
    assert stand.rights == [Owner.SERVERS]


def test_a_console_that_refuses_says_why(stand: PoolStand, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Completed((), 2, "", "psql: error: FATAL:  not allowed")
    monkeypatch.setattr(stand, "run", lambda *_argv, **_options: refusing)
    with pytest.raises(UnhealthyError, match="pgbouncer: .*not allowed"):
        pooler.console(stand, "RECONNECT")


def test_connections_of_the_app_are_counted(stand: PoolStand) -> None:
    assert pooler.backends(stand, "database-1") == POOL


def test_renewing_waits_until_no_old_connection_is_left(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [2, 1, 0]
    monkeypatch.setattr(pooler, "backends", lambda *_: left.pop(0))
    pooler.renew(stand)
    assert left == []
    assert any(words[-1] == "RECONNECT" for words in stand.said)


def test_connections_that_are_never_renewed_are_an_error(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooler, "backends", lambda *_: 1)
    monkeypatch.setattr(pooler, "RENEWED", 0.1)
    with pytest.raises(UnhealthyError, match="old connections"):
        pooler.renew(stand)

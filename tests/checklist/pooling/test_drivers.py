"""The app's driver: as it comes, in its safe setting, and what the app is told."""

import pytest
from tests.checklist.pool_stand import PoolStand

from uz.checklist.pooling.drivers import Driver, Outcome, driver, driver_verdict, found, told
from uz.stack import Owner
from uz.verdict import State

GONE = 'prepared statement "_pg3_0" does not exist'
PSYCOPG = Driver("psycopg", "3.3.9", "python")
PG = Driver("pg", "8.23.1", "node")


def test_a_driver_that_works_as_it_comes_is_proven(stand: PoolStand) -> None:
    stand.drivers = ("psycopg2 2.9.13",)
    verdict = driver(stand)
    assert verdict.state is State.PROVEN
    assert verdict.reason == "psycopg2 2.9.13 works through PgBouncer as it comes"


def test_a_driver_that_needs_its_safe_setting_is_proven_and_the_setting_named(
    stand: PoolStand,
) -> None:
    stand.drivers, stand.unsafe = ("psycopg 3.3.9",), {("psycopg", "default")}
    verdict = driver(stand)
    assert verdict.state is State.PROVEN
    assert "prepare_threshold=None" in verdict.reason
    assert "DATABASE_PREPARED_STATEMENTS" in verdict.reason
    assert verdict.figures["prepared_statements"] == "off"


def test_a_driver_that_works_in_no_setting_is_refuted(stand: PoolStand) -> None:
    stand.drivers = ("psycopg 3.3.9",)
    stand.unsafe = {("psycopg", "default"), ("psycopg", "safe")}
    assert driver(stand).state is State.REFUTED


def test_a_driver_without_a_safe_setting_is_refuted_when_it_fails(stand: PoolStand) -> None:
    stand.drivers, stand.unsafe = ("psycopg2 2.9.13",), {("psycopg2", "default")}
    assert driver(stand).state is State.REFUTED


def test_an_app_that_is_told_that_all_is_well_when_it_is_not_is_refuted() -> None:
    outcomes = [Outcome(PSYCOPG, default=GONE)]
    assert driver_verdict(outcomes, told="off").state is State.PROVEN
    assert driver_verdict(outcomes, told="on").state is State.REFUTED


def test_one_driver_that_works_does_not_speak_for_another() -> None:
    outcomes = [Outcome(PG, ""), Outcome(PSYCOPG, default=GONE, safe=GONE)]
    verdict = driver_verdict(outcomes, told="off")
    assert verdict.state is State.REFUTED
    assert verdict.figures.items() >= {"driver_pg": "any setting", "driver_psycopg": "none"}.items()
    assert verdict.reason.endswith("pg 8.23.1 works through PgBouncer as it comes")


def test_several_that_work_are_named_together() -> None:
    verdict = driver_verdict([Outcome(PG, ""), Outcome(PSYCOPG, "")], told="off")
    assert verdict.reason == "pg 8.23.1, psycopg 3.3.9 work through PgBouncer as they come"


def test_without_a_known_driver_postgresqls_own_library_stands_in_and_it_is_said(
    stand: PoolStand,
) -> None:
    verdict = driver(stand)
    assert verdict.state is State.PROVEN
    assert verdict.reason.startswith("the release has no driver that Uz knows; libpq works")
    assert "P_0" in verdict.reason


def test_it_leaves_nothing_behind_that_counts_as_the_apps_doing(stand: PoolStand) -> None:
    stand.drivers, stand.unsafe = ("psycopg 3.3.9",), {("psycopg", "default")}
    driver(stand)
    assert any(words[-1] == "RECONNECT" for words in stand.said)
    log = stand.written["database-1"]
    assert ["begins" in log[0], "ends" in log[-1]] == [True, True]


def test_the_pool_is_renewed_when_the_attempt_fails(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uz.checklist.pooling.drivers.problem", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        driver(stand)
    assert any(words[-1] == "RECONNECT" for words in stand.said)


def test_drivers_are_looked_for_with_the_rights_of_the_app(stand: PoolStand) -> None:
    stand.drivers = ("psycopg 3.3.9", "asyncpg 0.32.0")
    assert [(one.name, one.version) for one in found(stand)] == [
        ("psycopg", "3.3.9"), ("asyncpg", "0.32.0"),
    ]  # fmt: skip
    assert set(stand.rights) == {Owner.APP}
    assert told(stand) == "off"

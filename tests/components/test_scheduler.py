from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uz.components import compose
from uz.components.scheduler import APPLIED, JOBS, STOP_TIMEOUT, scheduler
from uz.scheduling.group import GRACE
from uz.scheduling.job import Plan, parse_plan
from uz.spec import Spec
from uz.stack import Owner, Stack
from uz.testing import MACHINE, spec

ROOT = Path("/uz/shop/production")


def planned(**tables: Any) -> Plan:
    return parse_plan(scheduler(spec(**tables), MACHINE).files[JOBS], ROOT)


def test_without_backups_there_is_none() -> None:
    assert scheduler(spec(), MACHINE) == Stack()


def test_the_files_are_those_that_were_reviewed(golden: Callable[[str, str], None]) -> None:
    golden(JOBS, scheduler(spec(backups={}, database={}), MACHINE).files[JOBS])


def test_it_runs_uz_s_own_code_with_the_rights_of_who_ran_up() -> None:
    one = scheduler(spec(backups={}), MACHINE).service("scheduler")
    assert one.owner is Owner.OPERATOR
    words = ("sh", "{root}/python", "-m", "uz.scheduling", "{root}/config/scheduler/jobs.json")
    assert one.command == words


def test_it_has_longer_to_stop_than_its_jobs() -> None:
    assert STOP_TIMEOUT > GRACE


def test_every_job_works_on_what_was_applied() -> None:
    plan = planned(backups={}, database={})
    assert plan.of == "shop/production"
    assert [one.name for one in plan.jobs] == ["backup", "point", "drill", "verify"]
    for one in plan.jobs:
        assert one.argv[:5] == ("sh", f"{ROOT}/uz", "--applied", str(ROOT), "--quiet")
    words = [" ".join(one.argv[5:]) for one in plan.jobs]
    assert words == ["backup now --scheduled", "backup point", "drill --scheduled", "backup verify"]


def test_points_and_drills_are_the_database_s() -> None:
    assert [one.name for one in planned(backups={}).jobs] == ["backup", "verify"]


def test_a_rehearsal_only_takes_backups() -> None:
    one = spec("trial", backups={}, database={})
    plan = parse_plan(scheduler(one, MACHINE).files[JOBS], ROOT)
    assert [job.name for job in plan.jobs] == ["backup", "point"]


def test_schedules_and_limits_are_the_spec_s() -> None:
    own = {"schedule": "1 2 * * *", "points": "3 * * * *", "drill": "4 5 * * 1", "timeout": "2h"}
    plan = planned(backups=own, database={})
    found = {one.name: (one.schedule, one.timeout) for one in plan.jobs}
    assert found["backup"] == ("1 2 * * *", 7200)
    assert found["point"] == ("3 * * * *", 900)
    assert found["drill"] == ("4 5 * * 1", 7200)


def test_nothing_is_tried_before_there_is_a_backup() -> None:
    found = {one.name: one.after for one in planned(backups={}, database={}).jobs}
    assert found == {"backup": (), "point": (), "drill": ("backup",), "verify": ("backup",)}


@pytest.mark.parametrize(
    "tables",
    [
        {"backups": {}},
        {"backups": {"offsite": "embedded"}, "database": {"replicas": 2, "migrate": "mend up"}},
        {"backups": {"keep": {"daily": 3}, "reserve": "5GB", "rpo": "90s", "files": ["/srv/up"],
                     "smoke": ["/"], "invariants": ["SELECT 1 WHERE false"]},
         "redis": {"purpose": "store", "memory": "300MB"},
         "processes": {"mail": {"command": "mail --all"}},
         "app": {"env": {"A": "b ' \" $ é"}, "aliases": ["www.shop.example"]},
         "network": {"port_base": 24000, "allow": {"22/tcp": "SSH"}},
         "edge": {"trusted_proxies": ["10.0.0.0/8"]}},
        {"backups": {"offsite": "s3://shop-backups/a/b", "access_key": "ref+file:///k",
                     "secret_key": "ref+file:///s"}},
    ],
)  # fmt: skip
def test_the_spec_that_was_applied_comes_back_as_it_was(tables: dict[str, Any]) -> None:
    for one in (spec(**tables), spec("staging", kind="staging", **tables)):
        files = scheduler(one, MACHINE).files
        assert Spec.model_validate_json(files[APPLIED]) == one


def test_another_key_of_uz_toml_does_not_restart_it() -> None:
    stacks = [scheduler(spec(backups={}, app={"instances": n}), MACHINE) for n in (1, 2)]
    first, second = (one.files_of(one.service("scheduler")) for one in stacks)
    assert first == second


def test_it_starts_when_all_else_is_up() -> None:
    whole = spec(database={}, redis={"purpose": "store"}, backups={})
    order = [one.name for one in compose(whole, MACHINE).in_start_order()]
    needed = ("edge", "database-setup", "archive-setup", "redis")
    assert order.index("scheduler") > max(map(order.index, needed))

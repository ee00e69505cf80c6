import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scheduling.stand import job

from uz.errors import MachineError
from uz.scheduling.job import Job, Plan, parse_plan, read_plan

ROOT = Path("/home/of/it")


def text(*jobs: Any, **more: Any) -> str:
    return json.dumps({"format": 1, "of": "shop/production", "jobs": jobs, **more})


def test_the_folder_is_put_into_commands() -> None:
    one = {**job("backup", ""), "argv": ["sh", "{root}/uz", "--applied", "{root}"]}
    plan = parse_plan(text({**one, "schedule": "17 3 * * *", "after": ["x"]}), ROOT)
    words = ("sh", "/home/of/it/uz", "--applied", "/home/of/it")
    assert plan == Plan("shop/production", (Job("backup", "17 3 * * *", 30.0, words, ("x",)),))
    assert plan.job("backup").name == "backup"


def test_a_job_that_is_not_there_is_told_with_those_that_are() -> None:
    plan = parse_plan(text(job("a", ""), job("b", "")), ROOT)
    with pytest.raises(MachineError, match="there is no job 'c'") as raised:
        plan.job("c")
    assert raised.value.hint == "Jobs are a, b."


@pytest.mark.parametrize(
    "damaged",
    [
        "", "[]", "{}", "null", "[" * 100_000, text(format=2), text(1), text({}),
        text(job("a", "", schedule="no")), text(job("a", "", timeout=0)),
        text(job("a", "", timeout="x")), text(job("a", "", argv=[])), text(job("../a", "")),
        text(job("a", ""), job("a", "")), text(job("a", "", timeout=1e999)),
        text(job("a", "", after=None)),
    ],
)  # fmt: skip
def test_what_is_damaged_is_a_value_error(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_plan(damaged, ROOT)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_any_json_is_a_plan_or_a_value_error(found: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_plan(json.dumps(found), ROOT)


def test_a_file_that_is_missing_or_damaged_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    with pytest.raises(MachineError, match="not found: there are no jobs") as raised:
        read_plan(path, ROOT)
    assert "[backups]" in raised.value.hint
    path.write_bytes(b"\xff")
    with pytest.raises(MachineError, match="damaged") as raised:
        read_plan(path, ROOT)
    assert "`uz up`" in raised.value.hint
    with pytest.raises(MachineError, match="Is a directory"):
        read_plan(tmp_path, ROOT)

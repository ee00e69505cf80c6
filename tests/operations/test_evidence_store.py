import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.items import evidence

from uz.errors import MachineError
from uz.evidence import Effect, Evidence
from uz.operations.evidence_store import keep, read
from uz.verdict import Domain, State, Verdict, proven, refuted

ITEM = "trial.holds"
TEXT = st.text(max_size=20)
FIGURES = st.dictionaries(
    TEXT, st.one_of(st.integers(), st.floats(allow_nan=False), TEXT, st.booleans()), max_size=3
)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(State),
    TEXT,
    FIGURES,
    st.lists(st.sampled_from(Domain), unique=True).map(tuple),
)
STORED = st.builds(
    Evidence,
    st.just(ITEM),
    st.just("tries"),
    st.sampled_from(Effect),
    VERDICTS,
    st.datetimes(timezones=st.just(UTC)),
    TEXT,
    st.sampled_from(["production", "staging", "rehearsal"]),
    st.dictionaries(TEXT, TEXT, max_size=3),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@given(one=STORED)
def test_what_is_kept_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, one: Evidence
) -> None:
    folder = tmp_path_factory.getbasetemp() / "round-trip"
    keep(folder, [one])
    assert read(folder, ITEM) == (one,)


@pytest.mark.parametrize("state", [State.MISSING, State.INAPPLICABLE])
def test_a_verdict_without_figures_is_kept_as_well(folder: Path, state: State) -> None:
    one = evidence(Verdict(state, "there is none"))
    keep(folder, [one])
    assert [found.verdict.state for found in read(folder, one.item)] == [state]


def test_nothing_kept_is_nothing_read(folder: Path) -> None:
    assert read(folder, ITEM) == ()
    folder.write_text("not even a folder")
    assert read(folder, ITEM) == ()


def test_a_new_answer_replaces_that_of_its_own_experiment_only(folder: Path) -> None:
    keep(folder, [evidence(proven("a"), "first"), evidence(proven("b"), "second")])
    keep(folder, [evidence(refuted("c"), "second")])
    assert {one.experiment: one.verdict.reason for one in read(folder, ITEM)} == {
        "first": "a",
        "second": "c",
    }


def test_each_item_has_its_own_file(folder: Path) -> None:
    keep(folder, [evidence(proven("a"), item="one.x"), evidence(proven("b"), item="two.y")])
    assert sorted(path.name for path in folder.iterdir()) == ["one.x.json", "two.y.json"]
    assert [one.verdict.reason for one in read(folder, "two.y")] == ["b"]


def test_only_the_owner_may_look(folder: Path) -> None:
    keep(folder, [evidence(proven("a"))])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{ITEM}.json").stat().st_mode) == 0o600


def test_the_form_on_disk_is_this_one(folder: Path) -> None:
    keep(
        folder, [evidence(proven("yes", domains=(Domain.PROCESS,), took_s=1.5), inputs={"a": "1"})]
    )
    assert json.loads((folder / f"{ITEM}.json").read_text()) == {
        "format": 1,
        "evidence": [
            {
                "item": ITEM,
                "experiment": "tries",
                "effect": "probe",
                "verdict": {
                    "state": "proven",
                    "reason": "yes",
                    "figures": {"took_s": 1.5},
                    "domains": ["process"],
                },
                "taken_at": "2026-03-01T12:00:00+00:00",
                "environment": "production",
                "kind": "production",
                "inputs": {"a": "1"},
            }
        ],
    }


def damaged(folder: Path, text: str) -> None:
    """Expect an error that names the file and says what to do."""
    path = folder / f"{ITEM}.json"
    path.write_text(text)
    with pytest.raises(MachineError, match="damaged") as raised:
        read(folder, ITEM)
    assert str(path) in str(raised.value)
    assert "uz prove" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", "{}", '{"format": 1}', '{"format": 2, "evidence": []}',
     '{"format": 1, "evidence": 7}', '{"format": 1, "evidence": ["x"]}', "\x00"],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_an_error(folder: Path, text: str) -> None:
    folder.mkdir()
    damaged(folder, text)


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda one: one.pop(key)


@pytest.mark.parametrize(
    "damage",
    [
        *map(_without, ("item", "experiment", "effect", "verdict", "taken_at", "kind", "inputs")),
        lambda one: one.update(effect="explode"),
        lambda one: one.update(taken_at="noon"),
        lambda one: one.update(taken_at=7),
        lambda one: one.update(taken_at=datetime(2026, 3, 1, 12).isoformat()),
        lambda one: one.update(inputs=7),
        lambda one: one.update(verdict="proven"),
        lambda one: one["verdict"].update(state="fine"),
        lambda one: one["verdict"].update(domains=["universe"]),
        lambda one: one["verdict"].pop("figures"),
    ],
)
def test_damaged_evidence_is_an_error_and_never_a_pass(
    folder: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    keep(folder, [evidence(proven("yes"))])
    whole = json.loads((folder / f"{ITEM}.json").read_text())
    damage(whole["evidence"][0])
    damaged(folder, json.dumps(whole))


def test_damaged_evidence_is_not_overwritten(folder: Path) -> None:
    folder.mkdir()
    (folder / f"{ITEM}.json").write_text("{")
    with pytest.raises(MachineError):
        keep(folder, [evidence(proven("yes"))])
    assert (folder / f"{ITEM}.json").read_text() == "{"

from datetime import UTC, datetime

import pytest
from tests.items import Trial, evidence, experiment
from tests.places import Projects

from uz.checklist import ITEMS
from uz.errors import MachineError
from uz.operations import evidence_store
from uz.operations.prove import Tried
from uz.report.stored import stored
from uz.verdict import State, proven

ITEM = Trial((experiment(proven("")),))


def test_an_environment_that_was_never_tried_is_not_ready(projects: Projects) -> None:
    found = stored(projects.applied())
    assert [result.item.id for result in found.results] == [item.id for item in ITEMS]
    applying = [one for one in found.results if not one.item.needs]
    assert {result.verdict.state for result in applying} == {State.DECLARED}
    assert found.exit_code == 1


def test_an_item_whose_table_is_absent_does_not_apply(projects: Projects) -> None:
    found = {one.item.id: one.verdict for one in stored(projects.applied()).results}
    assert found["redis.durable"].state is State.INAPPLICABLE
    assert found["redis.durable"].reason == "uz.toml has no [redis]"


def test_evidence_that_is_kept_counts_while_the_configuration_is_the_same(
    projects: Projects,
) -> None:
    place = projects.applied()
    inputs = place.environment.inputs(ITEM.inputs)
    kept = evidence(proven("A+"), inputs=inputs, at=datetime.now(UTC))
    evidence_store.keep(place.layout.evidence, [kept])
    found = stored(place, (ITEM,))
    assert (found.exit_code, found.results[0].evidence) == (0, (kept,))
    changed = projects.place(edge={"rate": 7})
    assert stored(changed, (ITEM,)).results[0].verdict.state is State.DECLARED


def test_damaged_evidence_is_an_error_and_not_an_empty_report(projects: Projects) -> None:
    place = projects.applied()
    place.layout.evidence.mkdir()
    (place.layout.evidence / f"{ITEM.id}.json").write_text("{")
    with pytest.raises(MachineError, match="damaged"):
        stored(place, (ITEM,))


def test_it_is_about_this_place_with_the_controls_just_tried(projects: Projects) -> None:
    control = Tried("trial.holds", "broken", "breaks it", True, "went red")
    found = stored(projects.applied("next", kind="staging"), (ITEM,), (control,))
    assert (found.app, found.environment, found.kind) == ("shop", "next", "staging")
    assert found.controls == (control,)

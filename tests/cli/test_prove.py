import json
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Uz
from tests.items import evidence
from tests.places import Projects

from uz.checklist import ITEMS, Item
from uz.operations import evidence_store, prove_running, rehearse
from uz.operations.place import Place
from uz.operations.prove import Tried
from uz.operations.rehearse import Rehearsed
from uz.verdict import Verdict, proven, refuted, unknown

STRONG = next(item for item in ITEMS if item.id == "tls.strong")


def shows(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> list[dict[str, object]]:
    """Let every experiment show this, on the environment itself; collect what was asked for."""
    asked: list[dict[str, object]] = []

    def fake(place: Place, items: tuple[Item, ...], command: str, **how: object) -> None:
        asked.append({"items": [one.id for one in items], "command": command, **how})
        for item in items:
            evidence_store.keep(
                place.layout.evidence,
                [
                    evidence(verdict, one.name, item.id, at=datetime.now(UTC), effect=one.effect,
                             inputs=place.environment.inputs(item.inputs))
                    for one in item.experiments
                ],
            )  # fmt: skip

    monkeypatch.setattr(prove_running, "prove_running", fake)
    return asked


@pytest.mark.parametrize(
    ("verdict", "code", "word"),
    [
        (proven("yes"), 0, "ready"),
        (refuted("no"), 1, "not ready"),
        (unknown("timeout"), 3, "undecided"),
    ],
)
def test_the_exit_code_and_the_last_line_agree(
    uz: Uz,
    projects: Projects,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Verdict,
    code: int,
    word: str,
) -> None:
    shows(monkeypatch, verdict)
    projects.applied()
    said = uz("prove")
    assert said.code == code
    assert said.out.endswith(f"items hold: {word}\n")


def test_an_environment_that_was_never_brought_up_is_two(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("prove")
    assert said.code == 2
    assert "never brought up" in said.err


def test_json_is_all_that_is_printed(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(monkeypatch, proven("yes"))
    projects.applied()
    form = json.loads(uz("prove", "--json").out)
    assert (form["format"], form["exit_code"]) == (1, 0)
    assert [one["id"] for one in form["items"]] == [item.id for item in ITEMS]
    assert form["controls"] == []


def test_only_the_chosen_items_are_tried_and_reported(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = shows(monkeypatch, proven("yes"))
    projects.applied()
    form = json.loads(uz("prove", "tls.strong", "--json").out)
    assert [one["id"] for one in form["items"]] == asked[0]["items"] == ["tls.strong"]
    assert asked[0]["disrupt"] is False


def test_an_item_that_nobody_knows_is_two_before_anything_is_tried(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = shows(monkeypatch, proven("yes"))
    projects.applied()
    assert uz("prove", "tls.strnog").code == 2
    assert asked == []


def test_disruption_is_passed_on_only_where_asked(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = shows(monkeypatch, proven("yes"))
    projects.applied()
    uz("prove", "--disrupt")
    assert asked[0]["disrupt"] is True


@pytest.mark.parametrize(("held", "code"), [(True, 0), (False, 1)])
def test_a_self_test_breaks_things_in_a_rehearsal_and_a_missed_control_is_not_ready(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch, held: bool, code: int
) -> None:
    shows(monkeypatch, proven("yes"))
    tried = Tried("tls.strong", "weak", "weakens it", held, "because")
    monkeypatch.setattr(rehearse, "rehearse", lambda *_, **__: Rehearsed((), (tried,)))
    projects.applied()
    said = uz("prove", "tls.strong", "--self-test", "--json")
    assert said.code == code
    assert [one["state"] for one in json.loads(said.out)["controls"]] == [
        "held" if held else "missed"
    ]

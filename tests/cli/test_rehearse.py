import json
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Uz
from tests.items import evidence
from tests.places import Projects

from uz.checklist import ITEMS, Item
from uz.operations import rehearse
from uz.operations.place import Place
from uz.operations.prove import Tried
from uz.operations.rehearse import Rehearsed
from uz.verdict import Verdict, proven, refuted, unknown


def shows(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, *, held: bool = True) -> None:
    """Let a rehearsal show this."""

    def fake(place: Place, items: tuple[Item, ...], _command: str, **_: object) -> Rehearsed:
        seen = tuple(
            evidence(verdict, one.name, item.id, at=datetime.now(UTC), kind="rehearsal",
                     inputs=place.environment.inputs(item.inputs))
            for item in items
            for one in item.experiments
        )  # fmt: skip
        return Rehearsed(seen, (Tried(items[0].id, "broken", "breaks it", held, "because"),))

    monkeypatch.setattr(rehearse, "rehearse", fake)


@pytest.mark.parametrize(
    ("verdict", "held", "code"),
    [
        (proven("yes"), True, 0),
        (proven("yes"), False, 1),
        (refuted("no"), True, 1),
        (unknown("?"), True, 3),
    ],
)
def test_the_exit_code_follows_experiments_and_controls(
    uz: Uz,
    projects: Projects,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Verdict,
    held: bool,
    code: int,
) -> None:
    shows(monkeypatch, verdict, held=held)
    projects.project()
    assert uz("rehearse", "--quiet").code == code


def test_json_says_that_it_was_a_rehearsal(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(monkeypatch, proven("yes"))
    projects.project()
    form = json.loads(uz("rehearse", "--json").out)
    assert (form["format"], form["kind"], form["environment"]) == (1, "rehearsal", "production")
    assert [one["id"] for one in form["items"]] == [item.id for item in ITEMS]
    assert all(one["rehearsed"] for item in form["items"] for one in item["experiments"])
    assert [one["state"] for one in form["controls"]] == ["held"]


def test_what_is_printed_is_not_marked_as_borrowed(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(monkeypatch, proven("yes"))
    projects.project()
    said = uz("rehearse", "tls.strong")
    assert "(rehearsed)" not in said.out
    assert said.out.endswith("1 of 1 items hold, 1 of 1 controls held: ready\n")

from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand

from uz.checklist.secrecy import patterns as module
from uz.checklist.secrecy.patterns import patterns
from uz.scanning.baseline import FILE
from uz.scanning.patterns import Leak
from uz.testing import FakeEnvironment
from uz.verdict import State

LEAK = Leak("github-pat", "a token", "a.py", 3, "", "a.py:github-pat:3")
PAST = Leak("github-pat", "a token", "b.py", 1, "0123456789abcdef", "0123456789abcdef:b.py:x:1")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Leak, ...]]:
    """What the scanner says; tests of the scanner itself are elsewhere."""
    says: dict[str, tuple[Leak, ...]] = {"folder": (), "history": ()}
    monkeypatch.setattr(module, "gitleaks_program", lambda: Path("gitleaks"))
    monkeypatch.setattr(module, "leaks_in_folder", lambda *_: says["folder"])
    monkeypatch.setattr(module, "leaks_in_history", lambda *_: says["history"])
    return says


def accept(stand: SecrecyStand, fingerprint: str, until: str) -> None:
    (stand.project / FILE).write_text(
        f'[[accepted]]\nfingerprint = "{fingerprint}"\nreason = "an example"\nexpires = {until}\n'
    )


def test_nothing_that_looks_like_a_secret_is_proven(
    stand: SecrecyStand, seen: dict[str, tuple[Leak, ...]]
) -> None:
    found = patterns(stand)
    assert (found.state, found.figures["new"]) == (State.PROVEN, 0)
    assert found.reason.endswith("in the work tree and its history")
    assert seen["folder"] == ()


def test_what_is_new_is_refuted_with_its_place(
    stand: SecrecyStand, seen: dict[str, tuple[Leak, ...]]
) -> None:
    seen |= {"folder": (LEAK,), "history": (PAST,)}
    found = patterns(stand)
    assert found.state is State.REFUTED
    assert found.reason == (
        "what looks like a secret (github-pat) in a.py:3;"
        " what looks like a secret (github-pat) in b.py:1 in 0123456789ab"
    )


def test_what_was_accepted_is_told_until_its_day(
    stand: SecrecyStand, seen: dict[str, tuple[Leak, ...]]
) -> None:
    seen |= {"folder": (LEAK,)}
    accept(stand, LEAK.fingerprint, "2999-01-01")
    found = patterns(stand)
    assert (found.state, found.figures["accepted"]) == (State.PROVEN, 1)
    assert found.reason.endswith("but 1 that were accepted")
    accept(stand, LEAK.fingerprint, "2020-01-01")
    assert patterns(stand).state is State.REFUTED


def test_a_file_that_silences_the_scanner_is_no_pass(
    stand: SecrecyStand, seen: dict[str, tuple[Leak, ...]]
) -> None:
    (stand.project / ".gitleaksignore").write_text("a.py:github-pat:3\n")
    assert patterns(stand).state is State.UNKNOWN
    assert seen["folder"] == ()


def test_a_file_that_is_named_like_a_value_does_not_show_it(
    stand: SecrecyStand, seen: dict[str, tuple[Leak, ...]]
) -> None:
    value = stand.secret("redis/app").reveal().decode()
    seen |= {"folder": (Leak("generic", "a key", f"{value}.py", 1, "", "x"),)}
    found = patterns(stand)
    assert value not in found.reason
    assert "***.py:1" in found.reason


def test_a_project_that_is_not_there_is_unknown() -> None:
    assert patterns(FakeEnvironment()).state is State.UNKNOWN

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy.older import (
    WORDS,
    divided,
    of_version,
    outdated,
    superseded,
    why_closed,
)
from uz.scanning.baseline import Accepted
from uz.secret import Secret
from uz.testing import FakeEnvironment

STRIPE = "ref+vault://secret/stripe#/key"
OLD = f"{STRIPE} (version 1)"
FIRST = b"the-first-key-of-stripe"
"""As the stand keeps it."""
TODAY = date(2026, 5, 1)


def keep(stand: SecrecyStand, value: str, path: str = "secret/stripe") -> Secret:
    secret = Secret(value.encode())
    stand.manager.write(path, {"key": secret})
    return secret


@pytest.fixture
def referring(tmp_path: Path) -> Iterator[SecrecyStand]:
    """A stand whose app reads a secret of the user's own."""
    with a_stand(tmp_path, trial(app={"env": {"STRIPE_KEY": STRIPE}})) as one:
        yield one


def test_what_was_rotated_is_known_by_its_version(stand: SecrecyStand) -> None:
    assert outdated(stand) == {}
    old = stand.secret("redis/app")
    stand.rotate("redis/app")
    stand.rotate("edge/key")
    assert outdated(stand) == {"redis/app (version 1)": old}


def test_only_the_versions_that_are_kept_are_asked_for(stand: SecrecyStand) -> None:
    for _ in range(14):
        stand.rotate("app/session-key")
    assert len(outdated(stand)) == 9


def test_a_source_without_versions_has_no_older_values() -> None:
    assert outdated(FakeEnvironment()) == {}
    assert superseded(FakeEnvironment()) == {}


def test_older_values_of_what_uz_toml_refers_to_are_known_by_their_version(
    referring: SecrecyStand,
) -> None:
    keep(referring, "the-second-key")
    assert superseded(referring) == {OLD: Secret(FIRST)}


def test_a_value_that_counts_now_is_no_older_one(referring: SecrecyStand) -> None:
    keep(referring, "the-second-key")
    keep(referring, FIRST.decode())
    keep(referring, "short")
    keep(referring, FIRST.decode())
    assert superseded(referring) == {f"{STRIPE} (version 2)": Secret(b"the-second-key")}


def test_without_references_there_is_nothing_of_the_user_s(stand: SecrecyStand) -> None:
    stand.rotate("redis/app")
    assert superseded(stand) == {}


def entry(fingerprint: str, until: date) -> Accepted:
    return Accepted(fingerprint, "revoked at Stripe", until, 1)


def test_the_baseline_accepts_a_version_by_its_name_until_its_day() -> None:
    yours = {OLD: Secret(FIRST)}
    found = divided(yours, [entry(OLD, TODAY)], TODAY)
    assert (found.open, found.accepted) == ({}, yours)
    late = entry(OLD, date(2026, 4, 30))
    found = divided(yours, [late], TODAY)
    assert (found.open, found.accepted, found.expired) == (yours, {}, (late,))


def test_an_entry_for_another_version_accepts_nothing_and_is_told() -> None:
    other = entry(f"{STRIPE} (version 2)", TODAY)
    found = divided({OLD: Secret(FIRST)}, [other, entry("a.py:github-pat:1", TODAY)], TODAY)
    assert (list(found.open), found.stale) == ([OLD], (other,))


def test_entries_count_from_today_on() -> None:
    assert divided({OLD: Secret(FIRST)}, [entry(OLD, date(2999, 1, 1))]).open == {}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("redis/app (version 1)", "closed"),
        ("database/app (version 1)", "closed"),
        ("app/session-key (version 1)", "replaced"),
        (OLD, "accepted_versions"),
    ],
)
def test_each_older_value_has_words_of_its_own(name: str, why: str) -> None:
    assert why_closed(name) == why
    assert why in WORDS
    assert of_version(name)

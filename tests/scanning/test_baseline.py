from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SpecError
from uz.scanning.baseline import Accepted, judge, load_baseline
from uz.scanning.patterns import Leak

TODAY = date(2026, 6, 1)
ENTRY = """\
[[accepted]]
fingerprint = "tests/key.pem:private-key:1"
reason = "made for the tests"
expires = 2026-06-01
"""


def leak(place: str = "tests/key.pem:private-key:1", commit: str = "") -> Leak:
    """One that the entry speaks of, unless told else."""
    file, rule, line = place.split(":")
    fingerprint = f"{commit}:{place}" if commit else place
    return Leak(rule, "a key", file, int(line), commit, fingerprint)


def accepted(fingerprint: str, expires: date = TODAY) -> Accepted:
    """An entry."""
    return Accepted(fingerprint, "because", expires, 1)


def load(tmp_path: Path, text: str) -> tuple[Accepted, ...]:
    """Read a text as a baseline."""
    path = tmp_path / "baseline.toml"
    path.write_text(text)
    return load_baseline(path)


def test_what_is_accepted_is_not_new(tmp_path: Path) -> None:
    (entry,) = load(tmp_path, ENTRY)
    assert (entry.reason, entry.expires, entry.line) == ("made for the tests", TODAY, 1)
    judged = judge([leak(), leak("a.py:aws:3")], [entry], TODAY)
    assert judged.accepted == ((leak(), entry),)
    assert judged.new == (leak("a.py:aws:3"),)
    assert (judged.expired, judged.stale) == ((), ())


def test_an_entry_counts_on_its_last_day_and_not_after(tmp_path: Path) -> None:
    baseline = load(tmp_path, ENTRY)
    assert judge([leak()], baseline, TODAY).new == ()
    judged = judge([leak()], baseline, date(2026, 6, 2))
    assert judged.new == (leak(),)
    assert judged.expired == baseline
    assert judged.stale == ()


def test_an_entry_that_covers_nothing_is_stale(tmp_path: Path) -> None:
    baseline = load(tmp_path, ENTRY)
    assert judge([], baseline, TODAY).stale == baseline


def test_an_entry_without_a_commit_covers_the_place_in_all_commits() -> None:
    place = accepted("tests/key.pem:private-key:1")
    one = accepted("aaaa:tests/key.pem:private-key:1")
    leaks = [leak(), leak(commit="aaaa"), leak(commit="bbbb")]
    assert judge(leaks, [place], TODAY).new == ()
    assert judge(leaks, [one], TODAY).new == (leaks[0], leaks[2])


def test_a_valid_entry_helps_beside_an_expired_one() -> None:
    both = [accepted("a:b:1", date(2020, 1, 1)), accepted("a:b:1")]
    assert judge([leak("a:b:1")], both, TODAY).new == ()


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcde")))
def test_every_leak_is_new_or_accepted_and_every_entry_is_used_or_stale(
    places: list[str], entries: list[str]
) -> None:
    leaks = [leak(f"{place}:rule:1") for place in places]
    baseline = [accepted(f"{place}:rule:1") for place in entries]
    judged = judge(leaks, baseline, TODAY)
    assert len(judged.new) + len(judged.accepted) == len(leaks)
    assert {one.file for one in judged.new} == set(places) - set(entries)
    assert {one.fingerprint[0] for one in judged.stale} == set(entries) - set(places)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("x = 1\n", 1, "only [[accepted]]"),
        ("# a\n\n[other]\na = 1\n", 3, "only [[accepted]]"),
        ("[accepted]\nreason = 1\n", 1, "only [[accepted]]"),
        ("accepted = [1]\n", 1, "no table"),
        ('[[accepted]]\nfingerprint = "a"\nexpires = 2030-01-01\n', 1, "reason is missing"),
        ('[[accepted]]\nfingerprint = "a"\nreason = "b"\n', 1, "expires is missing"),
        ('[[accepted]]\nreason = "b"\nexpires = 2030-01-01\n', 1, "fingerprint is missing"),
        (ENTRY + '\n[[accepted]]\nfingerprint = "b"\n', 6, "reason is missing"),
        (ENTRY + "until = 1\n", 5, "unknown key 'until'"),
        (ENTRY + ENTRY.replace("reason", "why"), 7, "unknown key 'why'"),
        (ENTRY.replace("made for the tests", " "), 3, "reason has to be a text"),
        (ENTRY.replace('"made for the tests"', "7"), 3, "reason has to be a text"),
        (ENTRY.replace("2026-06-01", '"2026-06-01"'), 4, "expires has to be a day"),
        (ENTRY.replace("2026-06-01", "2026-06-01T10:00:00"), 4, "expires has to be a day"),
        (ENTRY.replace("2026-06-01", "20260601"), 4, "expires has to be a day"),
        (ENTRY + ENTRY.replace("2026-06-01", "1"), 8, "expires has to be a day"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_by_its_line(
    tmp_path: Path, text: str, where: int, what: str
) -> None:
    with pytest.raises(SpecError) as raised:
        load(tmp_path, text)
    assert f"baseline.toml:{where}: {what}" in str(raised.value)
    assert "[[accepted]]" in raised.value.hint


@pytest.mark.parametrize("text", ["[[accepted]", "expires = 2026-13-01", "a = 1\na = 2"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError, match="not valid TOML"):
        load(tmp_path, text)


def test_no_file_is_an_empty_baseline_unless_it_was_asked_for(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "none.toml") == ()
    with pytest.raises(SpecError, match="not found"):
        load_baseline(tmp_path / "none.toml", needed=True)
    with pytest.raises(SpecError, match="cannot be read"):
        load_baseline(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match="not valid TOML"):
        load_baseline(tmp_path / "binary.toml")

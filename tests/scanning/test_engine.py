import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.scanning import engine
from uz.scanning.engine import CHUNK, LONGEST, Needle, Searcher
from uz.secret import Secret

VALUE = b"n0-such-value+in/any?other=file"


class Dripping(io.BytesIO):
    """A stream that gives less than it is asked for, as pipes do."""

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        return super().readinto(buffer[:7])


def hits(searcher: Searcher, data: bytes) -> list[tuple[str, str, int]]:
    """Name, form and place of all that is found."""
    found: list[tuple[str, str, int]] = []

    def note(needle: Needle, offset: int) -> None:
        found.append((needle.secret, needle.form, offset))

    assert searcher.search(io.BytesIO(data), note) == len(data)
    return sorted(found, key=lambda one: one[2])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few bytes."""
    monkeypatch.setattr(engine, "CHUNK", 32)


def searcher(**values: bytes) -> Searcher:
    """One that knows these values."""
    return Searcher({name: Secret(value) for name, value in values.items()})


@pytest.mark.parametrize("place", range(CHUNK - len(VALUE) - 1, CHUNK + 2))
def test_a_value_is_found_on_and_beside_the_border_of_two_chunks(place: int) -> None:
    data = bytearray(CHUNK + 100)
    data[place : place + len(VALUE)] = VALUE
    assert hits(searcher(key=VALUE), bytes(data)) == [("key", "plain", place)]


@pytest.mark.usefixtures("small")
def test_each_occurrence_is_told_once_whatever_the_chunks() -> None:
    data = b"".join(b"x" * length + VALUE for length in range(70))
    found = hits(searcher(key=VALUE), data)
    assert len(found) == 70
    assert all(data[at:].startswith(VALUE) for _, _, at in found)


@given(
    st.lists(st.sampled_from([b"aaaaaaaab", b"aaaaaaaa", b"ba", b"a", b"\0", b"x" * 40])),
    st.integers(1, 50),
)
def test_it_finds_what_a_plain_search_finds(parts: list[bytes], chunk: int) -> None:
    data = b"".join(parts)
    values = {"short": b"aaaaaaaa", "long": b"aaaaaaaab", "inner": b"aaaaaaab"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "CHUNK", chunk)
        found = [one for one in hits(searcher(**values), data) if one[1] == "plain"]
    expected = [
        (name, "plain", at)
        for name, value in values.items()
        for at in range(len(data))
        if data.startswith(value, at)
    ]
    assert sorted(found) == sorted(expected)


def test_a_stream_that_drips_is_read_to_its_end() -> None:
    found: list[int] = []
    read = searcher(key=VALUE).search(
        Dripping(b"0123456789" + VALUE), lambda _, offset: found.append(offset)
    )
    assert (read, found) == (10 + len(VALUE), [10])


def test_two_secrets_at_one_place_are_both_named() -> None:
    one = searcher(password=b"hunter2hunter2", url=b"redis://app:hunter2hunter2@localhost")
    found = hits(one, b"REDIS=redis://app:hunter2hunter2@localhost")
    assert found == [("url", "plain", 6), ("password", "plain", 18)]


def test_the_same_value_under_two_names_is_told_for_both() -> None:
    found = hits(searcher(a=VALUE, b=VALUE), VALUE)
    assert [name for name, _, _ in found] == ["a", "b"]


def test_what_only_begins_like_a_value_is_none() -> None:
    assert hits(searcher(key=VALUE), VALUE[:-1] + b"!" + VALUE[:10] + VALUE[1:]) == []


def test_a_value_of_a_megabyte_is_found_by_its_beginning() -> None:
    value = b"-" + os.urandom(2**20)
    one = searcher(key=value)
    data = b"\0" * (CHUNK - 17) + value + b"\0" * 5
    assert hits(one, data) == [("key", "plain", CHUNK - 17)]
    assert hits(one, value[: LONGEST - 4]) == []


def test_a_long_text_is_cut_between_two_characters() -> None:
    value = "".join(f"é☃{number}" for number in range(2**14))
    one = searcher(key=value.encode())
    text = json.dumps({"a": value}).encode()
    assert [form for _, form, _ in hits(one, text)] == ["json"]
    assert hits(one, value[: 2**13].encode()) == []


@pytest.mark.parametrize("data", [b"", b"\0" * 3, bytes(range(256)) * 9000, b"x" * 3 * CHUNK])
def test_other_data_has_nothing(data: bytes) -> None:
    assert hits(searcher(key=VALUE), data) == []


def test_one_can_look_twice() -> None:
    one = searcher(key=VALUE)
    assert hits(one, VALUE[:-1]) == []
    assert hits(one, VALUE[-1:]) == [], "nothing of the first stream is left"
    assert hits(one, VALUE) == [("key", "plain", 0)]


def test_values_that_are_too_short_are_named_and_left_out() -> None:
    one = Searcher({"pin": Secret(b"1234"), "key": Secret(VALUE)}, {"old": Secret(b"x")})
    assert one.too_short == ("pin", "old")
    assert hits(one, b"1234") == []


def test_without_values_nothing_is_found() -> None:
    assert hits(Searcher({}), b"anything") == []
    assert Searcher({}).masked("anything") == "anything"


def test_old_values_are_told_apart() -> None:
    one = Searcher({"key": Secret(b"new-value-1")}, {"key": Secret(b"old-value-1")})
    closed = {needle.data: needle.closed for needle, _ in one.within(b"new-value-1 old-value-1")}
    assert closed == {b"new-value-1": False, b"old-value-1": True}


def test_no_value_is_printed() -> None:
    needle = Needle("key", "plain", False, VALUE)
    assert "n0-such" not in repr(needle)
    assert "n0-such" not in repr(searcher(key=VALUE))


def test_names_for_people_lose_the_values_in_them() -> None:
    one = searcher(key=VALUE, inner=VALUE[3:15])
    assert one.masked(f"logs/{VALUE.decode()}.log") == "logs/***.log"
    assert one.masked(VALUE.decode() * 2) == "******"
    assert one.masked("é/\udcff") == "é/\\xff"

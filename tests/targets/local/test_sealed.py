from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.places import short_folder

from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.sealed import FUTURE, Sealed, seal, unsealed

KEY = Bootstrap(Secret(b"a-credential-for-the-tests-alone")).sealing_key
OTHER = Bootstrap(Secret(b"another-credential-for-the-tests")).sealing_key
DAY = timedelta(days=1)
VALUES = {"redis/app": Secret(b"very-secret-value"), "edge/key": Secret(b"-----BEGIN\n\xff\n")}


@pytest.fixture
def place(layout: Layout) -> Layout:
    layout.root.mkdir(parents=True)
    return layout


def opened(
    place: Layout, after: timedelta = timedelta(0), oldest: timedelta = DAY
) -> Sealed | None:
    """What is opened some time after it was sealed."""
    return unsealed(place, KEY, oldest, datetime.now(UTC) + after)


def test_what_was_sealed_is_given_again_and_lies_unreadable(place: Layout) -> None:
    seal(place, KEY, VALUES)
    found = opened(place)
    assert found is not None
    assert found.values == VALUES
    assert found.names() == ("edge/key", "redis/app")
    assert found.read("redis/app") == Secret(b"very-secret-value")
    assert found.read("none") is None
    text = place.sealed.read_bytes()
    assert text.startswith(b"age-encryption.org/v1\n")
    assert b"very-secret" not in text
    assert b"redis/app" not in text
    assert place.sealed.stat().st_mode & 0o777 == 0o600


@settings(max_examples=15)
@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=200).map(Secret), max_size=4))
def test_any_values_come_back_byte_for_byte(values: dict[str, Secret]) -> None:
    with short_folder() as top:
        layout = Layout(top, "shop", "trial")
        layout.root.mkdir(parents=True)
        seal(layout, KEY, values)
        found = opened(layout)
        assert found is not None
        assert found.values == values


@pytest.mark.parametrize(
    ("after", "oldest", "used"),
    [
        (timedelta(0), DAY, True),
        (timedelta(hours=23), DAY, True),
        (timedelta(hours=25), DAY, False),
        (timedelta(minutes=2), timedelta(minutes=1), False),
        (-FUTURE + timedelta(seconds=30), DAY, True),
        (-FUTURE - timedelta(seconds=30), DAY, False),
        (timedelta(days=-400), DAY, False),
    ],
)
def test_one_that_is_too_old_or_from_the_future_is_not_used(
    place: Layout, after: timedelta, oldest: timedelta, used: bool
) -> None:
    seal(place, KEY, VALUES)
    assert (opened(place, after, oldest) is not None) is used


def test_without_a_copy_there_is_none(place: Layout) -> None:
    assert opened(place) is None


def test_another_credential_does_not_open_it(place: Layout) -> None:
    seal(place, OTHER, VALUES)
    with pytest.raises(SecretError, match="cannot be opened") as raised:
        opened(place)
    assert "Remove it" in raised.value.hint


def damaged(text: bytes) -> list[bytes]:
    """A copy with one byte changed at several places, cut off, empty, or something else."""
    places = (0, 30, len(text) // 3, len(text) // 2, len(text) - 1)
    flipped = [text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :] for at in places]
    return [*flipped, text[:-1], text[: len(text) // 2], b"", b"{}", text + b"\0"]


def test_one_that_was_tampered_with_is_refused(place: Layout) -> None:
    seal(place, KEY, VALUES)
    for text in damaged(place.sealed.read_bytes()):
        place.sealed.write_bytes(text)
        with pytest.raises(SecretError, match="cannot be opened"):
            opened(place)


def test_a_new_copy_takes_the_place_of_the_old_one(place: Layout) -> None:
    seal(place, KEY, VALUES)
    seal(place, KEY, {"a": Secret(b"newer")})
    found = opened(place)
    assert found is not None
    assert found.names() == ("a",)
    assert [path.name for path in Path(place.root).iterdir()] == ["secrets.age"]


def test_it_is_only_read() -> None:
    found = Sealed(VALUES, datetime.now(UTC))
    with pytest.raises(SecretError, match="'a' has to be made, and the secrets manager does not"):
        found.write("a", Secret(b"x"))
    with pytest.raises(SecretError, match="'a' has to be removed"):
        found.remove("a")

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from uz.spec import values
from uz.spec.values import duration_text, parse_duration, parse_size, size_text, words

HOSTILE = "\n\r\t\0\"'`;${}()\\#&|<>*?~ é\u2028\x7f\x85"
TEXTS = st.text(st.sampled_from("abz09.-_/" + HOSTILE), max_size=12) | st.text(max_size=8)
NARROW = ("Name", "Domain", "UrlPath", "FilePath", "VariableName", "CredentialName", "HeaderValue")


def accepts(kind: str, value: Any) -> bool:
    """Whether this kind of value takes it."""
    try:
        TypeAdapter(getattr(values, kind)).validate_python(value)
    except ValidationError:
        return False
    return True


@given(st.sampled_from(NARROW), TEXTS)
def test_no_narrow_kind_lets_through_what_means_something_to_a_server(kind: str, text: str) -> None:
    if accepts(kind, text):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set('"\\${}#`|&<>\n')
        assert kind == "HeaderValue" or not set(text) & set(" ;'()*")


@given(st.integers(0, 999_999_999), st.sampled_from(list(values.UNITS)))
def test_durations_are_written_as_they_are_read(number: int, unit: str) -> None:
    duration = parse_duration(f"{number}{unit}")
    assert parse_duration(duration_text(duration)) == duration


@given(st.integers(1, 999_999_999), st.sampled_from(list(values.SIZES)), st.sampled_from(["", " "]))
def test_sizes_are_written_as_they_are_read(number: int, unit: str, space: str) -> None:
    size = parse_size(f"{number}{space}{unit}")
    assert size == number * values.SIZES[unit]
    assert parse_size(size_text(size)) == size


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0ms"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=60), "1h"),
        (timedelta(days=730), "730d"),
    ],
)
def test_durations_are_written_in_the_largest_unit(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text
    assert parse_duration(duration) == duration


@pytest.mark.parametrize("value", ["", "5", "s", "-5s", "5 s", "1.5h", "5S", "٣s", "1w", 5, None])
def test_what_is_no_duration_is_refused_with_examples(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a duration: write"):
        parse_duration(value)


@pytest.mark.parametrize("value", ["", "10", 10, "10B", "-1KiB", "1.5MiB", "1TiB", "0MiB", "1\nKB"])
def test_what_is_no_size_is_refused_with_examples(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a size: write"):
        parse_size(value)


def test_sizes_are_written_in_the_largest_unit() -> None:
    assert [size_text(size) for size in (2**30, 3 * 2**20, 2**10 * 999, 5000, 7)] == [
        "1GiB",
        "3MiB",
        "999KiB",
        "5KB",
        "7B",
    ]


@pytest.mark.parametrize("value", ["shop.example", "localhost", "xn--bcher-kva.example", "a.b.c"])
def test_a_domain_is_lower_case_labels(value: str) -> None:
    assert accepts("Domain", value)


@pytest.mark.parametrize(
    "value",
    ["", ".", "a..b", "-a.b", "a-.b", "Shop.example", "bücher.example", "*.example", "10.0.0.1"]
    + ["a_b.example", "shop.example.", "a" * 64 + ".example", ".".join(["abcdefgh"] * 29)],
)
def test_what_is_no_domain_is_refused(value: str) -> None:
    assert not accepts("Domain", value)


@pytest.mark.parametrize(
    "value",
    ["", "  ", "a 'b", "run\nrm", "a && b", "a | b", "a > b", "a ; b", "$(id)", "`id`", "run $HOME"]
    + ["run ${PORTS}", "run $PORTAL", "run $", "a & b", "a\x7f"],
)
def test_a_command_that_needs_a_shell_is_refused(value: str) -> None:
    assert not accepts("Command", value)


@pytest.mark.parametrize("value", ["serve --port $PORT", "serve '${PORT}'", 'run "a b" c;d'])
def test_a_command_of_words_is_taken(value: str) -> None:
    assert accepts("Command", value)


def test_a_command_is_split_as_a_shell_would_and_its_port_filled_in() -> None:
    command = "serve --bind '127.0.0.1:$PORT' \"a b\" x${PORT}y"
    assert words(command, 80) == ("serve", "--bind", "127.0.0.1:80", "a b", "x80y")


@given(st.lists(st.text(st.characters(exclude_characters="$`", min_codepoint=32), max_size=6)))
def test_quoted_words_come_back_as_they_were(given_words: list[str]) -> None:
    command = " ".join("'" + word.replace("'", "'\\''") + "'" for word in ["run", *given_words])
    if accepts("Command", command):
        assert words(command) == ("run", *given_words)


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("Listener", "022/tcp", "22/tcp"),
        ("Listener", "51820/udp", "51820/udp"),
        ("Network", "10.1.2.3/8", "10.0.0.0/8"),
        ("Network", "2001:db8::1/32", "2001:db8::/32"),
    ],
)
def test_ports_and_networks_are_kept_in_one_form(kind: str, value: str, normal: str) -> None:
    assert TypeAdapter(getattr(values, kind)).validate_python(value) == normal


@pytest.mark.parametrize(
    "value", ["22", "0/tcp", "65536/tcp", "22/sctp", "22/tcp ", "-1/tcp", "٢٢/tcp"]
)
def test_what_is_no_listener_is_refused(value: str) -> None:
    assert not accepts("Listener", value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Port", 0),
        ("Port", 65536),
        ("Port", "80"),
        ("Port", True),
        ("Count", 0),
        ("Count", 2.0),
        ("Network", "10.0.0.0/33"),
        ("Network", "load-balancer"),
        ("Name", "a" * 25),
        ("Name", "a-"),
        ("Name", "1a"),
        ("UrlPath", "health"),
        ("UrlPath", "/a b"),
        ("Text", "two\nlines"),
    ],
)
def test_what_is_out_of_range_or_of_another_form_is_refused(kind: str, value: Any) -> None:
    assert not accepts(kind, value)

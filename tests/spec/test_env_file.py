import io
import logging
import re

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from uz.errors import SpecError
from uz.spec.env_file import parse_env, rewritten

REFERENCE = "ref+vault://secret/key#/value"


def values(text: str) -> dict[str, str | None]:
    """What the file sets, by name."""
    return {one.name: one.value for one in parse_env(text, ".env") if one.name}


def referring(text: str, *names: str) -> str:
    """The text with the same reference for these names."""
    return rewritten(text, parse_env(text, ".env"), dict.fromkeys(names, REFERENCE))


def problems(text: str) -> str:
    """What is said of a file that cannot be used."""
    with pytest.raises(SpecError) as raised:
        parse_env(text, ".env")
    assert raised.value.hint
    return str(raised.value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=plain", "plain"),
        ("export KEY = spaced # why", "spaced"),
        ("KEY=a#b", "a#b"),
        ("KEY='a # $b \"c\"'", 'a # $b "c"'),
        (r'KEY="tab\tnew\nline \"quoted\""', 'tab\tnew\nline "quoted"'),
        (r"KEY='it\'s'", "it's"),
        ("KEY=", ""),
        ("KEY= # only a comment", ""),
        ("KEY=ü€𝄞", "ü€𝄞"),
        ('KEY="-----BEGIN\nabc\n-----END\n"', "-----BEGIN\nabc\n-----END\n"),
        ('KEY="a\r\nb"', "a\nb"),
        (r'KEY="a\r\nb"', "a\r\nb"),
        ("KEY=a=b==", "a=b=="),
        ("KEY", None),
    ],
)
def test_a_value_is_what_an_app_would_find(line: str, value: str | None) -> None:
    assert values(line) == {"KEY": value}


def test_variables_above_are_filled_in_whatever_the_quotes() -> None:
    text = "HOST=db\nURL=http://${HOST}:80\nQUOTED='${HOST}'\nOTHER=${NONE:-default}"
    assert values(text) == {
        "HOST": "db", "URL": "http://db:80", "QUOTED": "db", "OTHER": "default",
    }  # fmt: skip
    assert [one.uses for one in parse_env(text, ".env")] == [(), ("HOST",), ("HOST",), ()]


def test_this_process_is_not_asked_for_what_the_file_does_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OUTSIDE", "from-here")
    assert "URL is made of ${OUTSIDE}, which no line above sets" in problems("URL=${OUTSIDE}")
    assert ".env:1" in problems("A=${B}\nB=c")
    assert values("URL=${OUTSIDE:-else}") == {"URL": "else"}


def test_a_name_that_is_set_twice_is_told_with_both_lines() -> None:
    assert problems("A=1\n\n# c\nB=2\nA=3\n") == ".env:5: A is in line 1 already"


def test_every_broken_line_is_told_and_no_value_is() -> None:
    said = problems("A='hunter2' x\n\n\nB='hunter2\nC=\"hunter2\" x\nD=1\n")
    assert re.findall(r"\.env:(\d+): not NAME=VALUE", said) == ["1", "4", "5"]
    assert "hunter2" not in said


def test_a_file_of_nonsense_is_told_on_one_screen() -> None:
    assert problems("='\n" * 100).endswith("and 88 more")


def test_a_name_can_be_anything_and_does_not_steer_a_terminal() -> None:
    assert "\x1b" not in problems("\x1b[31m=1\n\x1b[31m=2")


def test_a_mark_at_the_beginning_belongs_to_no_name_and_stays() -> None:
    assert values("\ufeffKEY=hunter2") == {"KEY": "hunter2"}
    assert referring("\ufeffKEY=hunter2", "KEY") == f"\ufeffKEY={REFERENCE}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("KEY=hunter2", "KEY=@"),
        ("export KEY = hunter2  # why\n", "export KEY =@  # why\n"),
        ("KEY='hunter2'# why\r\n", "KEY=@ # why\r\n"),
        ('\n\n  KEY="hun\nter2" \nB=1\n', "\n\n  KEY=@ \nB=1\n"),
        ("'KEY'=hunter2\n", "'KEY'=@\n"),
        ("KEY=#hunter2\n", "KEY=@\n"),
        ("# KEY=old\nKEY=hunter2\n# end", "# KEY=old\nKEY=@\n# end"),
    ],
)
def test_only_the_value_is_replaced(before: str, after: str) -> None:
    assert referring(before, "KEY") == after.replace("@", REFERENCE)


def test_no_repr_shows_a_value() -> None:
    assert "hunter2" not in repr(parse_env("KEY=hunter2 # hunter2", ".env"))


NAMES = st.sampled_from(["A", "B_1", "KEY", "db_x", "é", "D.E", "X-Y"])
PLAIN = st.text(st.characters(exclude_characters="\r\n\0$", exclude_categories=["Cs"]), max_size=12)
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "  \n", " # a remark\n", "\n# KEY=x\n"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """One variable, written in one of the ways there are."""
    value = draw(PLAIN)
    written = {
        "plain": value,
        "single": "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'",
        "double": '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
        "spread": '"' + value.replace("\\", "").replace('"', "") + '\nmore\r\n"',
    }[draw(st.sampled_from(["plain", "single", "double", "spread"]))]
    head = draw(st.sampled_from(["", "export ", "  ", "\n\t"]))
    return f"{head}{draw(NAMES)}{draw(st.sampled_from(['=', ' = ', '= ']))}{written}{draw(ENDS)}"


@settings(max_examples=300)
@given(st.lists(lines(), max_size=6), st.sets(NAMES))
def test_rewriting_changes_the_named_values_and_nothing_else(
    written: list[str], named: set[str]
) -> None:
    text = "".join(written)
    try:
        entries = parse_env(text, ".env")
    except SpecError:
        return
    assert rewritten(text, entries, {}) == text
    chosen = [one.name for one in entries if one.name in named and one.value is not None]
    after = referring(text, *chosen)
    expected = values(text) | dict.fromkeys(chosen, REFERENCE)
    assert list(values(after).items()) == list(expected.items())
    assert len(after.splitlines()) <= len(text.splitlines())


@settings(max_examples=300)
@given(st.lists(lines(), max_size=6))
def test_it_reads_what_python_dotenv_reads(written: list[str]) -> None:
    text = "".join(written)
    try:
        found = values(text)
    except SpecError:
        return
    logging.disable()
    try:
        opened = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8")
        assert found == dotenv_values(stream=opened, interpolate=True)
    finally:
        logging.disable(logging.NOTSET)


@given(st.text(max_size=60))
def test_whatever_is_in_the_file_is_read_or_refused(text: str) -> None:
    try:
        entries = parse_env(text, ".env")
    except SpecError:
        return
    assert rewritten(text, entries, {}) == text

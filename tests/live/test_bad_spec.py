"""Whatever stands in uz.toml, the answer is one screen that names the place, and exit code 2."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.live.refusals import refused
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live

GOOD = 'name = "tiny"\ndomain = "tiny.test"\ncommand = "true"\n'
HOSTILE = ("a\\nb", 'a\\"b', "a;b", "$(id)", "a{b", "a`id`", "a\\u0000", "a\\u001b[31m")


@pytest.fixture(scope="module")
def place() -> Iterator[Stage]:
    """A project whose uz.toml the tests write as they like."""
    with a_stage() as one:
        yield one


def with_key(key: str, value: str) -> str:
    """A uz.toml with one key of [app] replaced or added."""
    kept = [line for line in GOOD.splitlines() if not line.startswith(f"{key} ")]
    return "\n".join(["[app]", *kept, f"{key} = {value}"])


@pytest.mark.parametrize(
    ("text", "said"),
    {
        "invalid": ("[app\n", "uz.toml: not valid TOML: Expected ']'"),
        "half-written": (f'[app]\n{GOOD}health = "/hea', "not valid TOML: Unterminated string"),
        "empty": ("", "uz.toml: app: missing"),
        "a key twice": (f"[app]\n{GOOD}{GOOD}", "Cannot overwrite a value (at line 5"),
        "misspelt": (with_key("helth", '"/"'), "uz.toml:5: app.helth: unknown key, did you mean"),
        "misspelt table": (f"[app]\n{GOOD}[edeg]", "uz.toml:5: edeg: unknown key, did you mean"),
        "unknown": (with_key("colour", "1"), "uz.toml:5: app.colour: unknown key"),
        "no table": ('app = "x"', "uz.toml:1: app: should be a valid table, got 'x'"),
        "text for number": (with_key("instances", '"2"'), "uz.toml:5: app.instances: should be a"),
        "number for text": (with_key("domain", "1"), "uz.toml:4: app.domain: should be a valid s"),
        "negative": (with_key("instances", "-1"), "app.instances: should be greater than or equ"),
        "too many": (with_key("instances", "301"), "app.instances: at most 300"),
        "no unit": (with_key("start_timeout", '"5"'), "app.start_timeout: '5' is not a duration"),
        "shell": (with_key("command", '"a && b"'), "app.command: 'a && b' uses a shell's syntax"),
        "taken": (f'[app]\n{GOOD}[app.env]\nPATH = "x"', "app.env: PATH: set by Uz itself"),
        "half a pair": (f'[app]\n{GOOD}[edge]\ncertificate = "a"', "given together or not at all"),
        "port twice": (f"[app]\n{GOOD}[edge]\nhttp_port = 443", "the same port is used twice"),
        "nested": (f"a = {'[' * 5000}", "uz.toml: not a file for Uz: maximum recursion"),
        "digits": (f"a = {'9' * 5000}", "uz.toml: not a file for Uz: Exceeds the limit"),
        "long": (with_key("domain", f'"{"a" * 4000}"'), "uz.toml:4: app.domain: 'aaa"),
        "many": ("\n".join(f"a{n} = 1" for n in range(500)), "more"),
    }.values(),
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(place: Stage, text: str, said: str) -> None:
    (place.project / "uz.toml").write_text(text)
    refused(place.uz("up"), said)
    assert not place.home.exists()


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("key", ["name", "domain", "health", "source"])
def test_a_hostile_value_is_refused(place: Stage, key: str, value: str) -> None:
    (place.project / "uz.toml").write_text(with_key(key, f'"{value}"'))
    refused(place.uz("up"), f": app.{key}: ")


@pytest.mark.parametrize("value", sorted({*HOSTILE} - {"a;b", "a{b"}))
def test_a_command_that_asks_for_a_shell_is_refused(place: Stage, value: str) -> None:
    """`a;b` and `a{b` are ordinary words: no shell ever sees them."""
    (place.project / "uz.toml").write_text(with_key("command", f'"{value}"'))
    refused(place.uz("up"), ": app.command: ")


@pytest.mark.parametrize("name", [*HOSTILE, "lower", "A B", "1A"])
def test_a_hostile_name_of_a_variable_is_refused(place: Stage, name: str) -> None:
    (place.project / "uz.toml").write_text(f'[app]\n{GOOD}[app.env]\n"{name}" = "x"\n')
    refused(place.uz("up"), "uz.toml:", "is not a name such as LOG_LEVEL")


@pytest.mark.parametrize("domain", ["no_name", ".x", "a..b", "", "10.0.0.1", "bücher.test", "*.x"])
def test_a_domain_that_is_no_name_is_refused(place: Stage, domain: str) -> None:
    (place.project / "uz.toml").write_text(with_key("domain", f'"{domain}"'))
    refused(place.uz("up"), f"uz.toml:4: app.domain: {domain!r} is ")


@pytest.mark.parametrize("environment", ["nope", "../x", "", "a\nb", "\x1b[31m"])
def test_an_unknown_environment_is_refused(place: Stage, environment: str) -> None:
    (place.project / "uz.toml").write_text(f"[app]\n{GOOD}")
    refused(place.uz("--env", environment, "up"), "there is no environment", "(known: production)")


@pytest.mark.parametrize(
    ("make", "said"),
    {
        "missing": (lambda _: None, "not found"),
        "a folder": (Path.mkdir, "is no file"),
        "a link to itself": (
            lambda path: path.symlink_to(path),
            "Too many levels of symbolic links",
        ),
        "a pipe": (os.mkfifo, "is no file"),
        "endless": (lambda path: path.symlink_to("/dev/zero"), "is no file"),
        "not UTF-8": (lambda path: path.write_bytes(b'[app]\nname = "\xff"'), "not UTF-8"),
        "UTF-16": (lambda path: path.write_text("[app]", encoding="utf-16"), "not UTF-8"),
        "binary": (lambda path: path.write_bytes(bytes(4096)), "not valid TOML"),
        "huge": (lambda path: path.write_bytes(b"#" * 2**21), "larger than"),
    }.values(),
)
def test_a_file_that_is_none_is_refused(
    place: Stage, make: Callable[[Path], object], said: str
) -> None:
    path = place.project / "uz.toml"
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    make(path)
    refused(place.uz("up", timeout=20), "uz.toml", said)
    refused(place.uz("status", timeout=20), "uz.toml", said)


def test_a_byte_order_mark_does_no_harm(stage: Stage) -> None:
    path = stage.project / "uz.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert stage.uz("render").code == 0

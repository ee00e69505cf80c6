"""The kinds of value that `uz.toml` may hold.

The file is untrusted input, and what it says ends up in servers' configurations. So each kind
accepts a narrow alphabet and nothing else: no kind that reaches a configuration lets a newline,
a quote, `;`, `{` or `$(` pass. Commands and environment values may hold almost anything; they are
only ever written quoted, and never given to a shell to interpret.
"""

import re
import shlex
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Annotated, Any

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from uz.spec.reference import EXAMPLE, is_reference, parse_reference

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZES = {"GiB": 2**30, "GB": 10**9, "MiB": 2**20, "MB": 10**6, "KiB": 2**10, "KB": 10**3}
OPERATORS = {"&&", "||", "|", ";", "&", ">", ">>", "<", "<<", "2>", "2>&1"}
PLACEHOLDER = re.compile(r"\$(?:PORT(?![A-Za-z0-9_])|\{PORT\})")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def matching(pattern: str, what: str) -> AfterValidator:
    """A check that a whole value is of one form; what is refused is told with `what`."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return AfterValidator(check)


def parse_duration(value: Any) -> timedelta:
    """Read `250ms`, `5s`, `2m`, `1h` or `14d`; a timedelta passes through."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"([0-9]{1,9})(ms|s|m|h|d)", value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'{value!r} is not a duration: write "250ms", "5s", "2m", "1h" or "14d"')
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def duration_text(value: timedelta) -> str:
    """Write a duration in the largest unit that fits without a rest."""
    milliseconds = round(value / timedelta(milliseconds=1))
    for unit in ("d", "h", "m", "s"):
        step = round(UNITS[unit] * 1000)
        if milliseconds and milliseconds % step == 0:
            return f"{milliseconds // step}{unit}"
    return f"{milliseconds}ms"


def parse_size(value: Any) -> int:
    """Read `64KiB`, `10MiB`, `2GiB` or `5MB` as bytes; a bare number has no unit and is refused.

    So is nothing at all, which servers take for "no limit".
    """
    found = re.fullmatch(r"([0-9]{1,9}) ?([KMG]i?B)", value) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise ValueError(f'{value!r} is not a size: write "64KiB", "10MiB" or "2GiB"')
    return int(found[1]) * SIZES[found[2]]


def size_text(value: int) -> str:
    """Write a size in the largest unit that fits without a rest."""
    for unit, factor in SIZES.items():
        if value % factor == 0:
            return f"{value // factor}{unit}"
    return f"{value}B"


def _domain(value: str) -> str:
    labels = value.split(".")
    label = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
    if len(value) > 253 or not all(label.fullmatch(part) for part in labels):
        raise ValueError(
            f"{value!r} is no domain name: lower-case letters, digits and hyphens between dots"
            " (write other scripts in their xn-- form)"
        )
    if labels[-1].isdigit():
        raise ValueError(f"{value!r} is an address, not a domain name: a certificate needs a name")
    return value


def _command(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("a command is one line without control characters")
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ValueError(f"the quoting of {value!r} is broken: {error}") from error
    if not words:
        raise ValueError("a command is empty")
    shellish = [word for word in words if word in OPERATORS]
    rest = PLACEHOLDER.sub("", value)
    if shellish or "$(" in rest or "`" in rest:
        raise ValueError(
            f"{value!r} uses a shell's syntax, and no shell runs it: put it into a script"
        )
    if "$" in rest:
        raise ValueError(f"{value!r}: $PORT is the only variable known here")
    return value


def _plain_text(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("control characters and line breaks are not allowed here")
    return value


def words(command: str, port: int | None = None) -> tuple[str, ...]:
    """Split a command into its words as a shell would, with `$PORT` filled in."""
    filled = "" if port is None else str(port)
    return tuple(PLACEHOLDER.sub(filled, word) for word in shlex.split(command))


def _key_file(value: str) -> str:
    if is_reference(value):
        return _reference(value)
    if not re.fullmatch(r"[A-Za-z0-9._/@+-]+", value):
        raise ValueError(f"neither a file path nor a reference: {EXAMPLE}")  # may be the key
    return value


def _reference(value: str) -> str:
    if not is_reference(value):
        raise ValueError(f"a secret is written as a reference, never as itself: {EXAMPLE}")
    parse_reference(value)
    return value


def _network(value: str) -> str:
    return str(ip_network(value, strict=False))


def _listener(value: str) -> str:
    found = re.fullmatch(r"([0-9]{1,5})/(tcp|udp)", value)
    if not found or not 0 < int(found[1]) < 65536:
        raise ValueError(f'{value!r} is not a port: write "22/tcp" or "51820/udp"')
    return f"{int(found[1])}/{found[2]}"


def _schedule(value: str) -> str:
    try:
        next(CronSim(value, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(
            f'{value!r} is no cron expression: write "17 3 * * *" for 03:17 every day'
        ) from error
    return value


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Name = Annotated[
    str, matching(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?", "a name: a-z, 0-9 and hyphens, at most 24")
]
Domain = Annotated[str, AfterValidator(_domain)]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text),
    _schema(r"^\d+(ms|s|m|h|d)$", "5s"),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(size_text),
    _schema(r"^\d+ ?[KMG]i?B$", "10MiB"),
]
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Command = Annotated[str, AfterValidator(_command)]
UrlPath = Annotated[str, matching(r"/[A-Za-z0-9._~/-]*", "a path such as /health/ready")]
FilePath = Annotated[
    str, matching(r"[A-Za-z0-9._/@+-]+", "a file path of letters, digits and . _ / @ + -")
]
KeyFile = Annotated[str, AfterValidator(_key_file)]
VariableName = Annotated[str, matching(r"[A-Z][A-Z0-9_]*", "a name such as LOG_LEVEL")]
CredentialName = Annotated[
    str, matching(r"[a-z][a-z0-9-]{0,62}", "a name such as session-key: a-z, 0-9 and hyphens")
]
HttpsUrl = Annotated[
    str,
    matching(
        r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?|http://127\.0\.0\.1:[0-9]{1,5}",
        "an address such as https://vault.example:8200 (plain http only to 127.0.0.1)",
    ),
]
SecretPath = Annotated[
    str, matching(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*", "a path such as secret/shop")
]
AgeRecipient = Annotated[
    str, matching(r"age1[02-9ac-hj-np-z]{58}", "an age recipient: age1 and 58 characters")
]
ClaimName = Annotated[str, matching(r"[a-z][a-z0-9_]{0,62}", "a claim such as repository")]
SecretReference = Annotated[str, AfterValidator(_reference)]
Text = Annotated[str, AfterValidator(_plain_text)]
HeaderValue = Annotated[
    str, matching(r"[A-Za-z0-9 '=:;,./*()_-]{1,3000}", "a short header value without quotes or $")
]
Network = Annotated[str, AfterValidator(_network)]
Listener = Annotated[str, AfterValidator(_listener)]
Schedule = Annotated[
    str, matching(r"[0-9A-Za-z*,/# -]{9,100}", "a cron expression"), AfterValidator(_schedule)
]

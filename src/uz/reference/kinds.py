"""The kinds of value in `uz.toml`, in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from uz.spec import backups, values


@dataclass(frozen=True)
class KindOfValue:
    """One kind of value: what it is called, what it may hold, and an example as TOML."""

    annotation: Any
    name: str
    names: str
    holds: str
    example: str


KINDS: tuple[KindOfValue, ...] = (
    KindOfValue(
        values.Name, "name", "names", "a to z, digits and hyphens, at most 24 characters", '"shop"'
    ),
    KindOfValue(
        values.Domain,
        "domain name",
        "domain names",
        "lower-case letters, digits and hyphens between dots; other scripts in their `xn--` form",
        '"shop.example"',
    ),
    KindOfValue(
        values.Command,
        "command",
        "commands",
        "a program and its arguments on one line, quoted as for a shell. No shell runs it: no `&&`,"
        " `|`, `>` or variables but `$PORT`",
        '"gunicorn shop:app --bind 127.0.0.1:$PORT"',
    ),
    KindOfValue(
        values.Duration,
        "duration",
        "durations",
        "a whole number and a unit: `ms`, `s`, `m`, `h` or `d`",
        '"90s"',
    ),
    KindOfValue(
        values.Size,
        "size",
        "sizes",
        "a whole number and a unit: `KiB`, `MiB`, `GiB`, or `KB`, `MB`, `GB`",
        '"10MiB"',
    ),
    KindOfValue(values.Port, "port", "ports", "a whole number from 1 to 65535", "8443"),
    KindOfValue(values.Count, "count", "counts", "a whole number from 1 to 1,000,000", "4"),
    KindOfValue(
        values.UrlPath,
        "URL path",
        "URL paths",
        "a path on the app's own address: letters, digits and `. _ ~ / -`",
        '"/health/ready"',
    ),
    KindOfValue(
        values.FilePath,
        "file path",
        "file paths",
        "absolute, or below the folder of `uz.toml`: letters, digits and `. _ / @ + -`",
        '"/etc/ssl/shop.pem"',
    ),
    KindOfValue(
        values.VariableName,
        "variable name",
        "variable names",
        "capital letters, digits and `_`",
        "LOG_LEVEL",
    ),
    KindOfValue(
        values.CredentialName,
        "secret's name",
        "secrets' names",
        "a to z, digits and hyphens, at most 63 characters",
        '"session-key"',
    ),
    KindOfValue(
        values.SecretReference,
        "reference",
        "references",
        "where a secret is: `ref+`, the manager, the path there, and after `#/` the field",
        '"ref+vault://secret/stripe#/key"',
    ),
    KindOfValue(
        values.KeyFile,
        "reference or file path",
        "references or file paths",
        "where a private key is: a reference, or a file",
        '"ref+vault://secret/tls#/key"',
    ),
    KindOfValue(
        values.SecretPath,
        "secret's path",
        "secrets' paths",
        "names of letters, digits and `. _ -`, parted by `/`",
        '"secret/shop"',
    ),
    KindOfValue(
        values.HttpsUrl,
        "address",
        "addresses",
        "begins with `https://`; plain `http://` only to 127.0.0.1",
        '"https://vault.example:8200"',
    ),
    KindOfValue(
        values.AgeRecipient,
        "age recipient",
        "age recipients",
        "the public key that `age-keygen` prints: `age1` and 58 characters",
        '"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"',
    ),
    KindOfValue(
        values.ClaimName,
        "claim",
        "claims",
        "the name of what an identity token says: a to z, digits and `_`",
        "repository",
    ),
    KindOfValue(values.Text, "text", "texts", "one line of any characters", '"info"'),
    KindOfValue(
        values.HeaderValue,
        "header value",
        "header values",
        "one line without quotes, `$` or backslash",
        '"SAMEORIGIN"',
    ),
    KindOfValue(
        values.Network,
        "network",
        "networks",
        "an address range in CIDR form, IPv4 or IPv6",
        '"10.0.0.0/8"',
    ),
    KindOfValue(values.Listener, "listener", "listeners", "a port and its protocol", '"22/tcp"'),
    KindOfValue(
        values.Schedule,
        "cron expression",
        "cron expressions",
        "minute, hour, day of the month, month and day of the week, in UTC",
        '"17 3 * * *"',
    ),
    KindOfValue(
        backups.Offsite,
        "bucket",
        "buckets",
        "`s3://BUCKET` or `s3://BUCKET/PREFIX`; or `embedded`",
        '"s3://shop-backups"',
    ),
)


def kind_of(annotation: Any) -> KindOfValue | None:
    """The kind of value that an annotation stands for, where it is one with a name."""
    return next((kind for kind in KINDS if kind.annotation == annotation), None)


def in_words(annotation: Any, limits: tuple[Any, ...] = (), *, many: bool = False) -> str:
    """Say what may be written for an annotation. Raises TypeError where there are no words yet."""
    kind = kind_of(annotation)
    if kind:
        return kind.names if many else kind.name
    if annotation is bool:
        return "`true` or `false`"
    if annotation is int:
        return f"whole number{_span(limits)}"
    if annotation is str:
        return "texts" if many else "text"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{toml_text(one.value)}`" for one in annotation)
    return _composed(annotation, limits)


def _composed(annotation: Any, limits: tuple[Any, ...]) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{toml_text(value)}`" for value in arguments)
    if origin in {Union, UnionType} and len(arguments) == 2 and NoneType in arguments:
        (given,) = (one for one in arguments if one is not NoneType)
        return in_words(given, limits)
    if origin is tuple and arguments[1:] == (...,):
        return f"list of {in_words(arguments[0], many=True)}"
    if origin is dict:
        return f"table: {in_words(arguments[0])} = {in_words(arguments[1])}"
    raise TypeError(f"{annotation}: the reference has no words for it, add them to KINDS")


def _span(limits: tuple[Any, ...]) -> str:
    least = next((limit.ge for limit in limits if hasattr(limit, "ge")), None)
    most = next((limit.le for limit in limits if hasattr(limit, "le")), None)
    return f" from {least} to {most}" if least is not None and most is not None else ""


def toml_text(value: object) -> str:
    """Write a plain value as TOML has it on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        pairs = ", ".join(f'"{key}" = {toml_text(one)}' for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_text, value))}]"
    return str(value)

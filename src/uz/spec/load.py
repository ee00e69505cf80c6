"""From the text of `uz.toml` to a Spec, or to an error that names line, key and cure."""

import json
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from uz.errors import SpecError
from uz.spec.app import Process
from uz.spec.backups import Backups
from uz.spec.database import Database
from uz.spec.redis import Redis
from uz.spec.secrets import Pipeline
from uz.spec.spec import Kind, Spec

FILE = "uz.toml"
REHEARSAL = "rehearsal"
"""Name of the environments that `uz rehearse` makes, or the end of it."""
LARGEST = 2**20
"""Bytes; a file of thousands of keys is far below."""
NESTED: dict[str, type[BaseModel]] = {
    "processes": Process,
    "database": Database,
    "redis": Redis,
    "pipeline": Pipeline,
    "backups": Backups,
}
"""Tables whose keys pydantic does not tell by the type of the field alone."""
MOST_SHOWN = 80
"""Characters of a value, or of a name, that a message repeats."""
MOST_PROBLEMS = 12
"""Problems shown at once: one screen."""


def load(project: Path, environment: str = "production") -> Spec:
    """Read `uz.toml` in this folder for one environment. Raises SpecError."""
    path = project / FILE
    try:
        text = _text(path)
    except FileNotFoundError as error:
        raise SpecError(
            f"{path}: not found",
            hint="`uz init` writes one from what it sees in your repository.",
        ) from error
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}: not UTF-8: {error.reason} at byte {error.start}",
            hint="Save the file in the encoding UTF-8.",
        ) from error
    return parse(text, environment, name=FILE)


def _text(path: Path) -> str:
    """The file's text, whatever lies there: a pipe would never end, a device never stop."""
    if path.exists() and not path.is_file():
        raise SpecError(f"{path}: is no file", hint="Move it away and put the file in its place.")
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SpecError(f"{path}: larger than {LARGEST} bytes, which no uz.toml needs")
    return data.decode("utf-8-sig")


def parse(text: str, environment: str = "production", *, name: str = FILE) -> Spec:
    """Read the text of a `uz.toml` for one environment. Raises SpecError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name}: not valid TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of 5000 digits
        raise SpecError(f"{name}: not a file for Uz: {str(error)[:MOST_SHOWN]}") from error
    environments = _environments(tables, text, name)
    if environment not in {"production", *environments}:
        known = ", ".join(dict.fromkeys(["production", *environments]))
        raise SpecError(
            f"{name}: there is no environment {environment!r} (known: {_short(known)})",
            hint=f'Add [environments.NAME] with kind = "staging" to {name}.',
        )
    specs, problems = {}, []
    for one in dict.fromkeys([environment, *environments]):
        try:
            specs[one] = Spec.model_validate(_for_environment(tables, environments, one))
        except ValidationError as error:
            problems += _explain(error, text, name, one, tables)
    if problems:
        raise SpecError(_one_screen(list(dict.fromkeys(problems))))
    return specs[environment]


def environment_names(project: Path) -> tuple[str, ...]:
    """The environments that `uz.toml` speaks of; production is always one. Raises SpecError."""
    path = project / FILE
    try:
        tables = tomllib.loads(_text(path)) if path.exists() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise SpecError(f"{path}: cannot be read: {error}") from error
    return tuple(dict.fromkeys(["production", *_environments(tables, "", FILE)]))


def _environments(tables: dict[str, Any], text: str, name: str) -> dict[str, dict[str, Any]]:
    """The tables of the environments. Raises SpecError where they are none, or badly named."""
    for reserved in ("environment", "kind"):
        if reserved in tables:
            place = _place(text, (reserved,), name)
            raise SpecError(f"{place}: not a key here; see [environments.NAME] kind = …")
    found = tables.get("environments", {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise SpecError(f"{name}: environments: write one table [environments.NAME] each")
    for environment, own in found.items():
        keys = ("environments", environment)
        if "environment" in own:
            raise SpecError(f"{_place(text, (*keys, 'environment'), name)}: not a key here")
        if environment == REHEARSAL or environment.endswith(f"-{REHEARSAL}"):
            raise SpecError(
                f"{_place(text, keys, name)}: this name is taken by `uz rehearse`",
                hint="Choose another name for this environment.",
            )
    return found


def _for_environment(
    tables: dict[str, Any], environments: dict[str, dict[str, Any]], environment: str
) -> dict[str, Any]:
    """Lay the table of one environment over the rest of the file."""
    base = {key: value for key, value in tables.items() if key != "environments"}
    default = Kind.PRODUCTION if environment == "production" else Kind.STAGING
    over = {"kind": default.value} | environments.get(environment, {})
    return _laid_over(base, over) | {"environment": environment}


def _laid_over(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _laid_over(base[key], value)
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in over.items()
    }
    return base | both


def _explain(
    error: ValidationError, text: str, name: str, environment: str, tables: dict[str, Any]
) -> list[str]:
    lines = []
    for problem in error.errors():
        keys = tuple(str(key) for key in problem["loc"] if key != "[key]")
        message = _message(problem, keys)
        if not keys:  # a check across tables: it names the key itself
            dotted, _, message = message.partition(": ")
            keys = tuple(dotted.split("."))
        if keys == ("environment",):
            keys = ("environments", environment)
        place = _place(text, _written_in(tables, environment, keys), name)
        lines.append(f"{place}: {_short(message)}")
    return lines


def _one_screen(problems: list[str]) -> str:
    more = len(problems) - MOST_PROBLEMS
    return "\n".join(problems[:MOST_PROBLEMS] + [f"and {more} more"] * (more > 0))


def _short(text: str) -> str:
    """Keep the beginning and the end of a text that is too long to read."""
    return text if len(text) <= 3 * MOST_SHOWN else f"{text[:MOST_SHOWN]} … {text[-MOST_SHOWN:]}"


def _message(problem: Any, keys: tuple[str, ...]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        close = get_close_matches(keys[-1], _known_keys(keys[:-1]), n=1, cutoff=0.5)
        return "unknown key" + (f", did you mean {close[0]!r}?" if close else "")
    if kind == "missing":
        return "missing, and there is no default"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return message
    message = message.replace("Input should", "should").replace("dictionary", "table")
    return f"{message.partition(' or instance of')[0]}, got {_short(repr(problem['input']))}"


def _known_keys(keys: tuple[str, ...]) -> list[str]:
    """The keys that may stand in the table of this name."""
    table: type[BaseModel] = Spec
    for key in keys[:1]:
        found = NESTED.get(key) or Spec.model_fields[key].annotation
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            return []
        table = found
    known = list(table.model_fields)
    return known if keys else [key for key in [*known, "environments"] if key != "environment"]


def _written_in(tables: dict[str, Any], environment: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Where the user wrote this key: in the environment's own table, or in the general one."""
    own: Any = tables.get("environments", {}).get(environment, {})
    for key in keys:
        if not isinstance(own, dict):
            break  # a place in a list
        if key not in own:
            return keys
        own = own[key]
    return ("environments", environment, *keys) if keys else keys


def _place(text: str, keys: tuple[str, ...], name: str) -> str:
    """Name the line of a key as well as a reader would find it, else the file alone."""
    line = _line_of(text, keys)
    dotted = ".".join(map(_key, keys)) or "the file as a whole"
    return f"{name}:{line}: {dotted}" if line else f"{name}: {dotted}"


def _key(key: str) -> str:
    """A key as it is written in TOML: quoted where it has to be, control characters visible."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _short(json.dumps(key))


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    table: tuple[str, ...] = ()
    best: int | None = None
    deepest = 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+([^\[\]]+)\]", line)
        if header:
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if keys[: len(table)] == table and len(table) > deepest:
                best, deepest = number, len(table)
            continue
        key = re.match(r"""\s*["']?([\w./-]+)["']?\s*=""", line)
        if key and (*table, *key[1].split(".")) == keys[: len(table) + key[1].count(".") + 1]:
            return number
    return best

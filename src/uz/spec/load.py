"""From the text of `uz.toml` to a Spec, or to an error that names the line, the key and the cure."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from uz.errors import SpecError
from uz.spec.app import Process
from uz.spec.spec import Kind, Spec

FILE = "uz.toml"


def load(project: Path, environment: str = "production") -> Spec:
    """Read `uz.toml` in this folder for one environment. Raises SpecError."""
    path = project / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SpecError(
            f"{path}: not found",
            hint="`uz init` writes one from what it sees in your repository.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read: {error}") from error
    return parse(text, environment, name=FILE)


def parse(text: str, environment: str = "production", *, name: str = FILE) -> Spec:
    """Read the text of a `uz.toml` for one environment. Raises SpecError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name}: not valid TOML: {error}") from error
    merged = _for_environment(tables, environment, text, name)
    try:
        return Spec.model_validate(merged)
    except ValidationError as error:
        raise SpecError(_explain(error, text, name, environment, tables)) from error


def environment_names(project: Path) -> tuple[str, ...]:
    """The environments that `uz.toml` speaks of; production is always one. Raises SpecError."""
    path = project / FILE
    tables = tomllib.loads(path.read_text()) if path.exists() else {}
    return tuple(dict.fromkeys(["production", *tables.get("environments", {})]))


def _for_environment(
    tables: dict[str, Any], environment: str, text: str, name: str
) -> dict[str, Any]:
    """Lay the table of one environment over the rest of the file."""
    for reserved in ("environment", "kind"):
        if reserved in tables:
            place = _place(text, (reserved,), name)
            raise SpecError(f"{place}: not a key here; see [environments.NAME] kind = …")
    environments = tables.get("environments", {})
    if not isinstance(environments, dict) or not all(
        isinstance(table, dict) for table in environments.values()
    ):
        raise SpecError(f"{name}: environments: write one table [environments.NAME] each")
    if environment not in {"production", *environments}:
        known = ", ".join(dict.fromkeys(["production", *environments]))
        raise SpecError(
            f"{name}: there is no environment {environment!r} (known: {known})",
            hint=f'Add [environments.{environment}] with kind = "staging" to {name}.',
        )
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
) -> str:
    lines = []
    for problem in error.errors():
        keys = tuple(str(key) for key in problem["loc"] if key != "[key]")
        written = _written_in(tables, environment, keys)
        place = _place(text, written, name)
        lines.append(f"{place}: {_message(problem, keys)}")
    return "\n".join(dict.fromkeys(lines))


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
    return f"{message.replace('Input should', 'should')}, got {problem['input']!r}"


def _known_keys(keys: tuple[str, ...]) -> list[str]:
    model: Any = Spec
    for key in keys:
        field = model.model_fields.get(key) if isinstance(model, type) else None
        annotation = field.annotation if field else None
        values = getattr(annotation, "__args__", ())
        model = values[-1] if values else annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return [] if keys[0] != "processes" else list(Process.model_fields)
    known: list[str] = list(model.model_fields)
    return [key for key in [*known, "environments"] if key not in {"environment", "kind"}]


def _written_in(tables: dict[str, Any], environment: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Where the user wrote this key: in the environment's own table, or in the general one."""
    own: Any = tables.get("environments", {}).get(environment, {})
    for key in keys:
        if not isinstance(own, dict) or key not in own:
            return keys
        own = own[key]
    return ("environments", environment, *keys) if keys else keys


def _place(text: str, keys: tuple[str, ...], name: str) -> str:
    """Name the line of a key as well as a reader would find it, else the file alone."""
    line = _line_of(text, keys)
    dotted = ".".join(keys) or "the file as a whole"
    return f"{name}:{line}: {dotted}" if line else f"{name}: {dotted}"


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    table: tuple[str, ...] = ()
    best: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+([^\[\]]+)\]", line)
        if header:
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if keys[: len(table)] == table:
                best = best or number if len(table) < len(keys) else number
            continue
        key = re.match(r"""\s*["']?([\w./-]+)["']?\s*=""", line)
        if key and (*table, *key[1].split(".")) == keys[: len(table) + key[1].count(".") + 1]:
            return number
    return best

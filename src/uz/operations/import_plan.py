"""What becomes of each variable of a `.env` file: decided before anything is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from uz.errors import SpecError
from uz.managers.naming import path_for, reference_for
from uz.spec import Spec
from uz.spec.app import RESERVED, file_of
from uz.spec.env_file import Entry, rewritten
from uz.spec.reference import is_reference, parse_reference
from uz.spec.sensitive import FEWEST, RANDOM, entropy, named, too_short, why_secret
from uz.spec.values import CredentialName, Text, VariableName


class What(StrEnum):
    """What a variable is taken for."""

    SECRET = "secret"
    REFERENCE = "reference"
    SETTING = "setting"
    SHORT = "too short"
    """A secret that is too short to be kept as one."""
    LEFT = "left"
    """Nothing that can be imported."""


@dataclass(frozen=True)
class Planned:
    """One variable of the file, and what becomes of it."""

    name: str
    what: What
    why: str
    value: str = field(repr=False)
    line: int
    path: str = ""
    """Where in the manager a secret goes."""
    reference: str = ""
    """What stands for it in the file afterwards."""
    added: bool = False
    """Whether `uz.toml` gets it."""
    remark: str = ""
    exposed: bool = False
    """Whether what seems to be a secret stays in the file."""

    @property
    def where(self) -> str:
        """Where it goes, for people."""
        goes = [self.path, "uz.toml" if self.added else ""]
        text = ", ".join(one for one in goes if one) or "stays where it is"
        return f"{text} ({self.remark})" if self.remark else text


def planned(
    spec: Spec, entries: tuple[Entry, ...], file: str, *, everything: bool = False
) -> tuple[Planned, ...]:
    """Judge every variable; `everything` takes all of them for secrets.

    Raises SpecError where a reference in the file is none, or a comment repeats a value.
    """
    reasons = _reasons(spec, entries, everything=everything)
    plan = tuple(
        _judged(spec, entry, entry.value, reasons.get(entry.name, ""), file)
        for entry in entries
        if entry.value is not None
    )
    _refuse_repeating(plan, entries, file)
    return plan


def _reasons(spec: Spec, entries: tuple[Entry, ...], *, everything: bool) -> dict[str, str]:
    """Why a variable holds a secret: by itself, or as it holds another one's."""
    why: dict[str, str] = {}
    values = {one.name: one.value for one in entries if one.value and not is_reference(one.value)}
    for entry in entries:
        value = values.get(entry.name, "")
        if not value:
            continue
        used = [name for name in entry.uses if name in why or too_short(name, values.get(name, ""))]
        own = "" if entry.name in spec.app.plain_env else why_secret(entry.name, value)
        asked = "--all" if everything and entry.name not in RESERVED else ""
        found = own or (f"it holds {used[0]}" if used else "") or asked
        if found:
            why[entry.name] = found
    telling = {name: values[name] for name in why if _telling(values[name])}
    for name, value in values.items():
        held = next((one for one, secret in telling.items() if secret in value), "")
        if held and name not in why:
            why[name] = f"it holds the value of {held}"
    return why


def _telling(secret: str) -> bool:
    """Whether a value found elsewhere is this secret, and not the same word by chance."""
    return len(secret) >= FEWEST and entropy(secret) >= RANDOM


def _judged(spec: Spec, entry: Entry, value: str, why: str, file: str) -> Planned:
    def left(reason: str, what: What = What.LEFT, *, exposed: bool = bool(why)) -> Planned:
        return Planned(entry.name, what, reason, value, entry.line, exposed=exposed)

    if not _fits(VariableName, entry.name) or not _fits(CredentialName, file_of(entry.name)):
        return left("uz.toml has names such as LOG_LEVEL, of at most 63 characters")
    if is_reference(value):
        return _referring(spec, entry, value, file)
    short = entry.name not in spec.app.plain_env and too_short(entry.name, value)
    if (why and len(value) < FEWEST) or (not why and short):
        reason = f"{why or 'its name'}, but a secret has {FEWEST} characters or more"
        return left(reason, What.SHORT, exposed=True)
    if why:
        return _secret(spec, entry, value, why)
    if not value and named(entry.name):
        return left("it is empty")
    if entry.name in RESERVED:
        return left("Uz sets it itself")
    if not _fits(Text, value):
        return left("line breaks and control characters, which uz.toml refuses; --all keeps it")
    return _added(spec, Planned(entry.name, What.SETTING, "", value, entry.line), value)


def _secret(spec: Spec, entry: Entry, value: str, why: str) -> Planned:
    name = file_of(entry.name)
    reference = reference_for(spec, name)
    one = Planned(entry.name, What.SECRET, why, value, entry.line, path_for(spec, name), reference)
    return _added(spec, one, reference)


def _referring(spec: Spec, entry: Entry, value: str, file: str) -> Planned:
    try:
        parse_reference(value)
    except ValueError as error:
        raise SpecError(f"{file}:{entry.line}: {entry.name}: {error}") from error
    one = Planned(entry.name, What.REFERENCE, "", value, entry.line, reference=value)
    return _added(spec, one, value)


def _added(spec: Spec, one: Planned, text: str) -> Planned:
    """Whether `uz.toml` gets the variable: what stands there stays."""
    known = spec.app.env.get(one.name)
    remark = ""
    if one.name in RESERVED:
        remark = "Uz sets the variable itself"
    elif known is not None:
        remark = "in uz.toml already" if known == text else "uz.toml keeps what it has for it"
    elif file_of(one.name) in {*spec.app.secrets, *spec.app.generated_secrets}:
        remark = f"uz.toml has it as the file {file_of(one.name)}"
    return Planned(one.name, one.what, one.why, one.value, one.line, one.path, one.reference,
                   added=not remark, remark=remark)  # fmt: skip


def _refuse_repeating(plan: tuple[Planned, ...], entries: tuple[Entry, ...], file: str) -> None:
    """What stays in the file may hold none of the secrets that go."""
    secrets = {one.name: one.value for one in plan if one.what is What.SECRET}
    telling = {name: value for name, value in secrets.items() if _telling(value)}
    problems = [
        f"{file}:{line}: what stays there repeats the value of {name}"
        for line, text in _staying(entries, secrets)
        for name, value in telling.items()
        if value in text
    ]
    problems += [
        f"{file}:{entry.line}: {entry.name} is made of {name}, and stays there"
        for entry in entries
        for name in entry.uses
        if name in secrets and entry.name not in secrets
    ]
    if problems:
        raise SpecError(
            "\n".join(problems),
            hint="Change these lines, which may be comments; nothing was stored or changed.",
        )


def _staying(entries: tuple[Entry, ...], secrets: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for entry in entries:
        yield entry.line, rewritten("", (entry,), dict.fromkeys(secrets, "-"))


def _fits(kind: Any, value: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True

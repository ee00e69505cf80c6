"""Taking the secrets out of a `.env` file: into the manager first, out of the file last.

Killed anywhere, it can be run again: the file keeps its values until all are proven to be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from uz.errors import SecretError
from uz.managers import Kept, Manager
from uz.operations.import_plan import Planned, What, planned
from uz.operations.set_secret import field_of, keep
from uz.operations.text_file import read_text, refuse_second_name, replace_text
from uz.secret import Secret
from uz.spec import ManagerKind, Spec, parse
from uz.spec.app import file_of
from uz.spec.edit import with_env
from uz.spec.env_file import parse_env, rewritten
from uz.spec.load import FILE, environment_names

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Change:
    """One file, as it is and as it is to be."""

    path: Path
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Import:
    """What is to be done: each variable's fate, and both files as they are to be."""

    spec: Spec
    plan: tuple[Planned, ...]
    env_file: Change
    uz_toml: Change

    @property
    def secrets(self) -> tuple[Planned, ...]:
        """The variables that go to the manager."""
        return tuple(one for one in self.plan if one.what is What.SECRET)

    @property
    def to_do(self) -> bool:
        """Whether any file is to change; one that holds a secret always is."""
        return any(one.before != one.after for one in (self.env_file, self.uz_toml))


def prepare_import(project: Path, spec: Spec, file: Path, *, everything: bool = False) -> Import:
    """Read, judge and try it out in memory: nothing is changed or sent. Raises UzError."""
    text = read_text(file)
    refuse_second_name(file)
    entries = parse_env(text, str(file))
    plan = planned(spec, entries, str(file), everything=everything)
    references = {one.name: one.reference for one in plan if one.what is What.SECRET}
    after = rewritten(text, entries, references)
    again = {one.name: one.value for one in parse_env(after, str(file))}
    expected = {one.name: references.get(one.name, one.value) for one in entries}
    assert again == expected, "the file would not be read as it is meant"
    uz_toml = (project / FILE).resolve()
    before = read_text(uz_toml)
    change = Change(uz_toml, before, _added(project, spec, before, plan))
    return Import(spec, plan, Change(file, text, after), change)


def _added(project: Path, spec: Spec, text: str, plan: tuple[Planned, ...]) -> str:
    """`uz.toml` with what is new; it is loaded, so that no other one is ever written."""
    settings = {one.name: one.value for one in plan if one.added and one.what is What.SETTING}
    secrets = {one.name: one.reference for one in plan if one.added and one.reference}
    shared = ("app", "env")
    own = ("environments", spec.environment, *shared)
    alone = environment_names(project) == ("production",)
    production = spec.environment == "production"
    # a reference into a manager of one's own names the environment: no other may inherit it
    everyones = production and (alone or spec.secrets.manager is ManagerKind.OPENBAO)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    after = text.removeprefix(mark)
    after = with_env(after, shared if production else own, settings)
    after = with_env(after, shared if everyones else own, secrets)
    parse(after, spec.environment)
    return mark + after


def kept_before(manager: Manager, found: Import) -> dict[str, Kept]:
    """What the manager keeps already at the paths of the plan, by variable."""
    kept = {one.name: manager.read(one.path) for one in found.secrets}
    return {name: one for name, one in kept.items() if one is not None}


def differing(found: Import, before: dict[str, Kept]) -> tuple[Planned, ...]:
    """The variables for which the manager has another value, which would be replaced."""
    return tuple(
        one
        for one in found.secrets
        if one.name in before and not _same(found.spec, one, before[one.name])
    )


def store(manager: Manager, found: Import, before: dict[str, Kept], progress: Progress) -> None:
    """Keep every secret, read each one back, and compare it byte for byte. Raises SecretError."""
    for one in found.secrets:
        known = before.get(one.name)
        if known and _same(found.spec, one, known):
            progress(one.name, f"is kept already, version {known.version}")
            continue
        secret = Secret(one.value.encode())
        version = keep(manager, found.spec, file_of(one.name), secret, known).version
        progress(one.name, f"{one.path}, version {version}")
    for one in found.secrets:
        again = manager.read(one.path)
        if again is None or not _same(found.spec, one, again):
            raise SecretError(
                f"{one.path}: what {manager.name} gives back is not what it was given",
                hint=f"{found.env_file.path} still has all values. Is somebody else writing there?"
                " Run it again.",
            )


def replace_files(found: Import) -> tuple[Path, ...]:
    """Write both files, the one with the secrets last; return those that changed."""
    changes = (found.uz_toml, found.env_file)
    return tuple(one.path for one in changes if replace_text(one.path, one.before, one.after))


def _same(spec: Spec, one: Planned, kept: Kept) -> bool:
    return kept.fields.get(field_of(spec, file_of(one.name))) == Secret(one.value.encode())

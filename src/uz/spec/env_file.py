"""A `.env` file, read as `python-dotenv` reads it, and written anew with references in it.

Text in, text out. The values are those that an app finds which calls `load_dotenv`, but that the
environment of this process is not looked at.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from uz.errors import SpecError

MOST_PROBLEMS = 12
"""Problems shown at once: one screen."""
LINE_END = re.compile(r"\r\n|\n|\r")
HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*")
QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
REMARK = re.compile(r"\s+#.*", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One statement of the file with the space before it: a variable, a comment or neither."""

    text: str = field(repr=False)
    """As it is written, line ends included."""
    line: int
    """Where it begins, counted from 1."""
    name: str = ""
    value: str | None = field(default=None, repr=False)
    """What the app finds; None for a comment, and for a name without `=`, which sets nothing."""
    uses: tuple[str, ...] = ()
    """Other variables whose values are filled in."""


def parse_env(text: str, file: str) -> tuple[Entry, ...]:
    """Read the text of a `.env` file. Raises SpecError with every line that is wrong."""
    entries: list[Entry] = []
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    for binding in parse_stream(io.StringIO(text, newline="")):
        entry = _entry(binding)
        place = f"{file}:{entry.line}"
        if binding.error:
            problems.append(f"{place}: not NAME=VALUE, or its quotes do not end on time")
        elif entry.name in lines:
            problems.append(f"{place}: {_shown(entry.name)} is in line {lines[entry.name]} already")
        elif entry.value is not None:
            try:
                entry = _filled(entry, values)
            except KeyError as missing:
                problems.append(
                    f"{place}: {_shown(entry.name)} is made of ${{{_shown(missing.args[0])}}},"
                    " which no line above sets"
                )
            values[entry.name] = entry.value or ""
        if entry.name:
            lines.setdefault(entry.name, entry.line)
        entries.append(entry)
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise SpecError(
            "\n".join(problems[:MOST_PROBLEMS] + [f"and {more} more"] * (more > 0)),
            hint="Mend these lines; nothing was stored or changed.",
        )
    return tuple(entries)


def rewritten(text: str, entries: tuple[Entry, ...], references: Mapping[str, str]) -> str:
    """The text with a reference as the value of each variable that has one here.

    Comments, order, line ends and all other lines stay as they are.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + "".join(
        _referring(entry.text, references[entry.name]) if entry.name in references else entry.text
        for entry in entries
    )


def _entry(binding: Binding) -> Entry:
    """Values as an app sees them: opened as text, every line end has become a line feed."""
    text = binding.original.string
    before = text[: len(text) - len(text.lstrip())]
    line = binding.original.line + len(LINE_END.findall(before))
    value = None
    if binding.value is not None:
        unified = LINE_END.sub("\n", text)
        value = next(parse_stream(io.StringIO(unified))).value
    return Entry(text, line, binding.key or "", value)


def _filled(entry: Entry, values: Mapping[str, str]) -> Entry:
    """Fill in `${NAME}` and `${NAME:-default}`. Raises KeyError with the name that is missing."""
    atoms = list(parse_variables(entry.value or ""))
    named = [atom for atom in atoms if isinstance(atom, Variable)]
    for atom in named:
        if atom.name not in values and atom.default is None:
            raise KeyError(atom.name)
    value = "".join(atom.resolve(values) for atom in atoms)
    uses = tuple(dict.fromkeys(atom.name for atom in named if atom.name in values))
    return Entry(entry.text, entry.line, entry.name, value, uses)


def _referring(text: str, reference: str) -> str:
    """One statement with a reference as its value; the comment behind it stays."""
    head = HEAD.match(text)
    assert head is not None, "it was parsed as a variable"
    rest = text[head.end() :]
    quoted = QUOTED.match(rest)
    if quoted:
        tail = rest[quoted.end() :]
        tail = f" {tail}" if tail.startswith("#") else tail
    else:
        end = LINE_END.search(rest)
        whole, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
        remark = REMARK.search(whole)
        tail = (remark[0] if remark else "") + tail
    return head[0].rstrip(" \t") + reference + tail


def _shown(name: str) -> str:
    """A name as a message may show it: names in such a file can be anything."""
    return repr(name[:60]) if not re.fullmatch(r"[\w.-]{1,60}", name) else name

"""Reading the project's Markdown: links, headings and blocks of code."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = {".git", ".venv", "node_modules", ".pytest_cache", ".hypothesis"}


def pages(root: Path) -> tuple[Path, ...]:
    """All Markdown files of the repository."""
    found = sorted(root.rglob("*.md"))
    return tuple(path for path in found if not LEFT_OUT & set(path.relative_to(root).parts))


def blocks(path: Path, language: str) -> tuple[str, ...]:
    """The blocks of code in one language, without their indentation."""
    return tuple(
        "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        for indent, found, body in FENCE.findall(path.read_text())
        if found == language
    )


def links(path: Path) -> Iterator[str]:
    """Targets of the links in a page, code left out."""
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text()))
    for found in LINK.finditer(text):
        yield found[1]


def anchors(path: Path) -> set[str]:
    """What a link may point at in a page: its headings, as forges name them."""
    text = FENCE.sub("", path.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, and what it shows below; `code` is the exit code it names."""

    command: str
    output: tuple[str, ...]
    code: int = 0

    @property
    def words(self) -> list[str]:
        """The command's words; a comment behind it is none of them."""
        return shlex.split(self.command, comments=True)


def commands(path: Path) -> tuple[Shown, ...]:
    """The commands of a page's console blocks: what follows `$ `, and `\\` goes on."""
    return tuple(one for block in blocks(path, "console") for one in _shown(block))


def _shown(block: str) -> Iterator[Shown]:
    for part in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        code = re.search(r"# exit code (\d+)", command)
        lines = tuple(line for line in output.splitlines() if line.strip())
        yield Shown(command.strip(), lines, int(code[1]) if code else 0)

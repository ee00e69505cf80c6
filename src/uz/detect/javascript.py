"""JavaScript and TypeScript, as far as it can be read without a parser: text without comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from uz.detect.repository import Repository

ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
TOKEN = re.compile(
    r""" (?P<text> "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? | `(?:\\.|[^`\\])*`? )
       | (?P<comment> //[^\n]* | /\*(?:[^*]|\*(?!/))*(?:\*/)? ) """,
    re.VERBOSE | re.DOTALL,
)
"""Strings, which hide comment marks, and comments. Both may be left open: then they end the text,
so that no text takes more than one pass."""
SERVER = re.compile(
    r"\b(?:const|let|var)\s+(\w+)(?:\s*:\s*[\w.<>]+)?\s*=\s*(?:await\s+)?"
    r"(?:new\s+)?(express|[fF]astify|polka|Koa|Hono|restify\.createServer|http\.createServer"
    r"|createServer|NestFactory\.create)\s*(?:<[\w.]+>)?\s*\("
)
ROUTER = re.compile(r"\b(?:const|let|var)\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:express\.)?Router\s*\(")


@dataclass(frozen=True)
class Script:
    """A source file without its comments, line by line where it was."""

    path: str
    text: str

    def line(self, position: int) -> int:
        """The number of the line at a position."""
        return self.text.count("\n", 0, position) + 1

    def excerpt(self, position: int) -> str:
        """The line at a position."""
        begin = self.text.rfind("\n", 0, position) + 1
        return self.text[begin : begin + 200].split("\n")[0].strip()

    def servers(self) -> dict[str, str]:
        """Variables that hold a server or an application, and what made each."""
        return {found[1]: found[2] for found in SERVER.finditer(self.text)}

    def routers(self) -> set[str]:
        """Variables that hold a router, which lives below a path that is set elsewhere."""
        return {found[1] for found in ROUTER.finditer(self.text)}


def scripts(repository: Repository, mentioning: str) -> Iterator[Script]:
    """The source files that mention something, shallow ones first."""
    pattern = re.compile(mentioning)
    for path in repository.ending(*ENDINGS, "bin/www"):
        if path.endswith(".d.ts") or not pattern.search(repository.text(path)):
            continue
        yield Script(path, without_comments(repository.text(path)))


def without_comments(text: str) -> str:
    """Blank the comments; line breaks and strings stay."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found["text"] else re.sub(r"[^\n]", " ", found[0])

    return TOKEN.sub(blank, text)

"""Reading nginx's configuration language as nginx does, to compare what two files mean."""

import re

Directive = tuple[str, int, "Directives"]
"""Name, number of arguments, and what is in its block."""
Directives = tuple[Directive, ...]

TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[;{}])|(?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s;{}"'#][^\s;{]*)"""
)


def structure(text: str) -> Directives:
    """Every directive with the number of its arguments. Raises ValueError where it is broken."""
    tokens = list(_tokens(text))
    found = _block(tokens)
    if tokens:
        raise ValueError("a } too many")
    return found


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"cannot be read from {text[place : place + 40]!r}")
        if match["mark"] or match["word"]:
            tokens.append(match[0])
        place = match.end()
    return tokens[::-1]


def _block(tokens: list[str]) -> Directives:
    found: list[Directive] = []
    words: list[str] = []
    while tokens and tokens[-1] != "}":
        token = tokens.pop()
        if token == ";":
            found.append((words[0], len(words) - 1, ()))
            words = []
        elif token == "{":
            found.append((words[0], len(words) - 1, _block(tokens)))
            if not tokens or tokens.pop() != "}":
                raise ValueError(f"{words[0]} is never closed")
            words = []
        else:
            words.append(token)
    if words:
        raise ValueError(f"{words[0]} has no end")
    return tuple(found)

"""The forms in which a value may lie in a file: itself, and as common programs write it."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from uz.spec.sensitive import FEWEST

KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?)-----END ", re.DOTALL)
KEY_LINE = re.compile(rb"^[A-Za-z0-9+/]{40,}$")
UNRESERVED = "!'()*"
"""What `encodeURIComponent` of JavaScript leaves as it is, beside what all do."""
BASE64_SKIP = (0, 2, 3)
"""Characters at the beginning that depend on the 0, 1 or 2 bytes before the value."""


def forms(value: bytes) -> dict[str, bytes]:
    """What to look for, by the form's name; nothing where the value is too short to be told apart.

    Line ends around the value do not count: most places drop or add one.
    """
    plain = value.strip(b"\r\n")
    if len(plain) < FEWEST:
        return {}
    found: dict[bytes, str] = {}
    for name, form in _all(plain):
        found.setdefault(form, name)
    return {name: form for form, name in found.items()}


def _all(plain: bytes) -> Iterator[tuple[str, bytes]]:
    yield "plain", plain
    yield from _base64(plain)
    yield from _urls(plain)
    yield from _json(plain)
    yield from _lines(plain)


def _base64(plain: bytes) -> Iterator[tuple[str, bytes]]:
    """Base64 of any text around the value has one of these three in it."""
    for shift, skip in enumerate(BASE64_SKIP):
        whole = 8 * (shift + len(plain)) // 6  # characters that no later byte has a part in
        text = base64.b64encode(bytes(shift) + plain)[skip:whole]
        yield f"base64-{shift + 1}", text
        yield f"base64url-{shift + 1}", text.translate(bytes.maketrans(b"+/", b"-_"))


def _urls(plain: bytes) -> Iterator[tuple[str, bytes]]:
    for name, text in (
        ("url", quote(plain, safe="")),
        ("url-path", quote(plain, safe="/")),
        ("url-script", quote(plain, safe=UNRESERVED)),
        ("url-form", quote_plus(plain)),
    ):
        yield name, text.encode()
        yield f"{name}-lower", re.sub(r"%..", lambda one: one[0].lower(), text).encode()


def _json(plain: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        return  # JSON holds text
    short = json.dumps(text, ensure_ascii=False)[1:-1]
    yield "json", json.dumps(text)[1:-1].encode()
    yield "json-unicode", short.encode()
    for char in "<>&":  # as the encoder of Go writes them
        short = short.replace(char, f"\\u{ord(char):04x}")
    yield "json-html", short.encode()


def _lines(plain: bytes) -> Iterator[tuple[str, bytes]]:
    """Other line ends; and of a private key one line, as it stands alone where it is indented."""
    simple = plain.replace(b"\r\n", b"\n")
    yield "lf", simple
    yield "crlf", simple.replace(b"\n", b"\r\n")
    yield "escaped", simple.replace(b"\n", b"\\n")
    yield "escaped-crlf", simple.replace(b"\n", b"\\r\\n")
    for number, key in enumerate(KEY.finditer(simple), 1):
        lines = [line for line in key[1].splitlines() if KEY_LINE.match(line)]
        if lines:
            yield f"key-line-{number}", lines[len(lines) // 2]

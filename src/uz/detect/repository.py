"""The files of one folder, read within limits. Nothing in it is ever run or imported."""

import ast
import json
import os
import stat
import tomllib
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from uz.detect.finding import shown
from uz.detect.walk import Limits, aside, walk
from uz.errors import MachineError


class Repository:
    """The files of one folder; what cannot be read is noted in `unread`, never raised."""

    def __init__(self, root: Path, limits: Limits) -> None:
        """Walk the folder once. Raises MachineError where there is none."""
        if not root.is_dir():
            raise MachineError(f"{root}: no such folder")
        self.root = root.resolve()
        self.limits = limits
        self.paths, self.unread = walk(self.root, limits)
        self.folders = frozenset(
            parent for path in self.paths for parent in map(str, PurePosixPath(path).parents)
        )
        self._known = frozenset(self.paths)
        self._left = limits.total_size
        self._to_parse = limits.parsed_size
        self.text = lru_cache(maxsize=None)(self._text)
        self.python = lru_cache(maxsize=None)(self._python)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def ending(self, *ends: str) -> tuple[str, ...]:
        """The paths that end so, shallow ones first, without tests, docs and examples."""
        return tuple(path for path in self.paths if path.endswith(ends) and not aside(path))

    def toml(self, path: str) -> dict[str, Any]:
        """A TOML file as tables; empty where there is none."""
        return self._table(path, tomllib.loads)

    def json(self, path: str) -> dict[str, Any]:
        """A JSON file as an object; empty where there is none."""
        return self._table(path, json.loads)

    def _text(self, path: str) -> str:
        if path not in self._known:
            return ""
        try:
            return self._read(path)
        except UnicodeDecodeError:
            self.unread[path] = "not UTF-8"
        except (OSError, RuntimeError, ValueError) as error:
            self.unread[path] = getattr(error, "strerror", None) or str(error)
        return ""

    def _read(self, path: str) -> str:
        """Read a regular file, without waiting on a pipe that has taken its place meanwhile."""
        target = (self.root / path).resolve(strict=True)
        if not target.is_relative_to(self.root):
            raise ValueError("leads out of the folder")
        descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError("not a regular file")
            content = file.read(self.limits.file_size + 1)
        if len(content) > self.limits.file_size:
            raise ValueError(f"larger than {self.limits.file_size} bytes")
        if len(content) > self._left:
            raise ValueError(f"more than {self.limits.total_size} bytes in all")
        self._left -= len(content)
        return content.decode("utf-8-sig")

    def _python(self, path: str) -> ast.Module:
        text = self.text(path)
        self._to_parse -= len(text)
        if self._to_parse < 0:
            self.unread[path] = f"more than {self.limits.parsed_size} bytes of Python in all"
            text = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except SyntaxError as error:
            self.unread[path] = f"not valid Python for this interpreter, line {error.lineno}"
        except (ValueError, RecursionError, MemoryError):
            self.unread[path] = "not valid Python, or nested too deeply"
        return ast.Module(body=[], type_ignores=[])

    def _table(self, path: str, parse: Callable[[str], Any]) -> dict[str, Any]:
        text = self.text(path)
        if not text:
            return {}
        try:
            parsed = parse(text)
        except (ValueError, RecursionError) as error:
            self.unread[path] = shown(str(error), 100) or "nested too deeply"
            return {}
        return parsed if isinstance(parsed, dict) else {}


def scan(folder: Path, limits: Limits | None = None) -> Repository:
    """Look at a folder. Raises MachineError where there is none."""
    return Repository(folder, limits or Limits())

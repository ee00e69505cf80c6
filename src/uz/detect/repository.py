"""The files of one folder, read within limits. Nothing in it is ever run or imported."""

import ast
import json
import os
import stat
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from uz.detect.finding import shown
from uz.errors import MachineError

SKIPPED = frozenset(
    "node_modules bower_components site-packages __pycache__ venv env.bak vendor dist build"
    " target coverage htmlcov".split()
)
ASIDE = frozenset("test tests testing __tests__ e2e docs doc examples fixtures".split())


@dataclass(frozen=True)
class Limits:
    """How much is looked at: enough for real repositories, too little to be held up by one."""

    files: int = 20_000
    depth: int = 12
    file_size: int = 2**20
    total_size: int = 24 * 2**20


class Repository:
    """The files of one folder; what cannot be read is noted in `unread`, never raised."""

    def __init__(self, root: Path, limits: Limits) -> None:
        """Walk the folder once. Raises MachineError where there is none."""
        if not root.is_dir():
            raise MachineError(f"{root}: no such folder")
        self.root = root.resolve()
        self.limits = limits
        self.unread: dict[str, str] = {}
        self._left = limits.total_size
        found = self._walk()
        self.paths = tuple(sorted(found, key=lambda path: (path.count("/"), path)))
        self.folders = frozenset(
            parent for path in found for parent in map(str, PurePosixPath(path).parents)
        )
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

    def _walk(self) -> list[str]:
        self._known: set[str] = set()
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.unread[folder] = error.strerror or "cannot be listed"
                continue
            if folder and {".git", "pyvenv.cfg"} & {entry.name for entry in listed}:
                continue  # another repository, or a virtual environment
            for entry in listed:
                path = f"{folder}/{entry.name}".lstrip("/")
                if len(self._known) >= self.limits.files:
                    self.unread["…"] = f"only the first {self.limits.files} files were looked at"
                    return list(self._known)
                if _is_folder(entry):
                    if self._wanted(entry.name, path):
                        folders.append(path)
                elif self._inside(entry, path):
                    self._known.add(path)
        return list(self._known)

    def _wanted(self, name: str, path: str) -> bool:
        if name.startswith(".") or name in SKIPPED:
            return False
        if path.count("/") >= self.limits.depth:
            self.unread[path] = "too deep"
            return False
        return True

    def _inside(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether this is a regular file, or a link to one that stays in the tree."""
        try:
            path.encode()
            if entry.is_symlink():
                target = Path(entry.path).resolve(strict=True)
                return target.is_file() and target.is_relative_to(self.root)
            return entry.is_file(follow_symlinks=False)
        except UnicodeEncodeError:
            self.unread[shown(path)] = "its name is not UTF-8"
        except (OSError, RuntimeError):
            self.unread[path] = "its link leads nowhere"
        return False

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
        if len(content) > min(self.limits.file_size, self._left):
            raise ValueError(f"too large ({self.limits.file_size} bytes are read of a file)")
        self._left -= len(content)
        return content.decode("utf-8-sig")

    def _python(self, path: str) -> ast.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text(path))
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


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def aside(path: str) -> bool:
    """Whether a file belongs to tests, docs or examples: what it has says nothing of the app."""
    *folders, name = PurePosixPath(path).parts
    named = name.startswith(("test_", "conftest.")) or any(
        part in name for part in ("_test.", ".test.", ".spec.", ".stories.")
    )
    return named or not ASIDE.isdisjoint(folders)


def scan(folder: Path, limits: Limits | None = None) -> Repository:
    """Look at a folder. Raises MachineError where there is none."""
    return Repository(folder, limits or Limits())

"""Which files a folder has: a bounded walk that never leaves it and follows no link to a folder."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from uz.detect.finding import shown

SKIPPED = {
    "node_modules", "bower_components", "site-packages", "__pycache__", "venv", "vendor", "dist",
    "build", "target", "coverage", "htmlcov",
}  # fmt: skip
"""Folders of other people's files and of made ones; hidden folders are skipped as well."""
FOREIGN = {".git", "pyvenv.cfg"}
"""What marks a folder below the top as another repository, or as a virtual environment."""
ASIDE = {"test", "tests", "testing", "__tests__", "e2e", "doc", "docs", "examples", "fixtures"}


@dataclass(frozen=True)
class Limits:
    """How much is looked at: enough for real repositories, too little to be held up by one."""

    files: int = 20_000
    depth: int = 12
    file_size: int = 2**20
    total_size: int = 24 * 2**20
    parsed_size: int = 6 * 2**20


def walk(root: Path, limits: Limits) -> tuple[tuple[str, ...], dict[str, str]]:
    """The regular files below a folder, shallow ones first, and what could not be looked at."""
    found: list[str] = []
    unread: dict[str, str] = {}
    folders = [""]
    while folders:
        folder = folders.pop(0)
        entries = _listed(root, folder, unread)
        if folder and FOREIGN & {entry.name for entry in entries}:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}".lstrip("/")
            if len(found) + len(folders) >= limits.files:
                unread["…"] = f"only the first {limits.files} files and folders were looked at"
                return tuple(found), unread
            if _is_folder(entry):
                if entry.name.startswith(".") or entry.name in SKIPPED:
                    continue
                if path.count("/") >= limits.depth:
                    unread[path] = "too deep"
                else:
                    folders.append(path)
            elif _inside(root, entry, path, unread):
                found.append(path)
    return tuple(found), unread


def aside(path: str) -> bool:
    """Whether a file belongs to tests, docs or examples: what it has says nothing of the app."""
    *folders, name = PurePosixPath(path).parts
    named = name.startswith(("test_", "conftest.")) or any(
        part in name for part in ("_test.", ".test.", ".spec.", ".stories.")
    )
    return named or not ASIDE.isdisjoint(folders)


def _listed(root: Path, folder: str, unread: dict[str, str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root / folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        unread[folder or "."] = error.strerror or "cannot be listed"
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _inside(root: Path, entry: os.DirEntry[str], path: str, unread: dict[str, str]) -> bool:
    """Whether this is a regular file, or a link to one that stays in the tree."""
    try:
        path.encode()
        if not entry.is_symlink():
            return entry.is_file(follow_symlinks=False)
        target = Path(entry.path).resolve(strict=True)
        return target.is_file() and target.is_relative_to(root)
    except UnicodeEncodeError:
        unread[shown(path)] = "its name is not UTF-8"
    except (OSError, RuntimeError):
        unread[path] = "its link leads nowhere"
    return False

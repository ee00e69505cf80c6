"""All reference pages, and whether those on disk are still what would be written."""

from collections.abc import Callable, Mapping
from pathlib import Path

from uz.reference.commands import commands
from uz.reference.items import items
from uz.reference.json_page import json_page
from uz.reference.schema import schema_text
from uz.reference.uz_toml import uz_toml

PAGES: Mapping[str, Callable[[], str]] = {
    "uz-toml.md": uz_toml,
    "uz.schema.json": schema_text,
    "commands.md": commands,
    "items.md": items,
    "json.md": json_page,
}


def stale(folder: Path) -> tuple[str, ...]:
    """Names of the pages that are missing or no longer what they are made from."""
    return tuple(name for name, page in PAGES.items() if _read(folder / name) != page())


def write(folder: Path) -> tuple[str, ...]:
    """Write the pages that changed, and return their names."""
    changed = stale(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        (folder / name).write_text(PAGES[name](), encoding="utf-8")
    return changed


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

"""Git repositories as they lie on the disk, and git itself, which runs nothing they name."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from uz.scanning.engine import Readable
from uz.scanning.finding import Gap
from uz.shell import Completed, run, streamed

LONGEST = 3600.0
"""Seconds; the largest histories are read in minutes."""
HARMLESS = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.pager=cat")
"""Settings by which a repository names programs that would be run."""

Rights = Callable[[Path], Sequence[str]]
"""The words before a command, for who may run it on this folder: its owner."""


@dataclass(frozen=True)
class Git:
    """A repository: its folder with objects and references, and what people call it."""

    folder: Path
    name: str
    rights: tuple[str, ...] = ()

    def run(self, *words: str, timeout: float = 60) -> Completed:
        """Run git on it. Raises ProgramError where it does not end."""
        return run(self._argv(words), timeout=timeout, environment=surroundings())

    def streamed(self, *words: str) -> AbstractContextManager[Readable]:
        """Run git on it and read while it runs. Raises ProgramError."""
        return streamed(self._argv(words), timeout=LONGEST, environment=surroundings())

    def _argv(self, words: Sequence[str]) -> list[str]:
        return [*self.rights, "git", f"--git-dir={self.folder}", *HARMLESS, *words]

    def gaps(self) -> Iterator[Gap]:
        """What of its history is not here."""
        if (self.folder / "shallow").exists():
            yield Gap(
                f"{self.name}: history",
                "a shallow clone does not have all of it (`git fetch --unshallow` gets it)",
            )
        if self.partial():
            yield Gap(f"{self.name}: history", "a partial clone does not have all objects")

    def partial(self) -> bool:
        """Whether objects are left with a server until they are asked for."""
        keys = r"^(remote\..*\.promisor|extensions\.partialclone)$"
        return self.run("config", "--get-regexp", keys).ok


def surroundings() -> dict[str, str]:
    """What git may know of its caller: no variable that leads it elsewhere, and no settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def own(project: Path) -> Path | None:
    """The `.git` that a project belongs to, above it or in it."""
    for place in (project, *project.parents):
        if os.path.lexists(place / ".git"):
            return place / ".git"
    return None


def repositories(project: Path, rights: Rights) -> Iterator[Git]:
    """The project's repository and those inside: submodules, and others that lie there."""
    seen: set[Path] = set()
    first = own(project)
    marks = [*([(first, ".git")] if first else []), *_inside(project)]
    while marks:
        mark, name = marks.pop(0)
        folder = _folder_of(mark)
        if folder is None or folder in seen:
            continue
        seen.add(folder)
        yield Git(folder, name, tuple(rights(folder)))
        marks += [(head.parent, f"{name}/modules/{head.parent.name}")
                  for head in sorted((folder / "modules").rglob("HEAD"))
                  if (head.parent / "objects").is_dir()]  # fmt: skip


def _inside(project: Path) -> Iterator[tuple[Path, str]]:
    for top, folders, files in os.walk(project):
        if ".git" in folders or ".git" in files:
            mark = Path(top) / ".git"
            yield mark, str(mark.relative_to(project))
        folders[:] = sorted(name for name in folders if name != ".git")


def _folder_of(mark: Path) -> Path | None:
    """The folder behind a `.git`: itself, or where the file leads; of a worktree the common one."""
    try:
        if mark.is_file():
            said = mark.read_text(errors="surrogateescape")
            mark = mark.parent / said.removeprefix("gitdir:").strip()
        common = mark / "commondir"
        if common.is_file():
            mark = mark / common.read_text().strip()
        return mark.resolve() if (mark / "objects").is_dir() else None
    except OSError:
        return None

"""A project and its place on this machine, of files only: nothing runs in it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uz.components import compose
from uz.operations.place import Place, layout_of
from uz.spec import load
from uz.targets.local.layout import HOME_VARIABLE
from uz.targets.local.prepare import prepare_top
from uz.targets.local.state import State, write_state
from uz.testing import MACHINE, uz_toml

__all__ = ["HOME_VARIABLE", "Projects", "short_folder"]


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path, as sockets need it."""
    folder = Path(tempfile.mkdtemp(prefix="uz-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Projects:
    """Makes projects below a folder; UZ_HOME has to be its `home`."""

    folder: Path

    @property
    def home(self) -> Path:
        """What UZ_HOME says."""
        return self.folder / "home"

    def project(self, environment: str = "production", *, kind: str = "", **tables: Any) -> Path:
        """A folder with a `uz.toml`."""
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        (project / "uz.toml").write_text(uz_toml(environment, kind=kind, **tables))
        return project

    def place(self, environment: str = "production", *, kind: str = "", **tables: Any) -> Place:
        """Its place, on a machine that never changes."""
        project = self.project(environment, kind=kind, **tables)
        spec = load(project, environment)
        return Place(project, spec, MACHINE, compose(spec, MACHINE), layout_of(spec))

    def applied(self, environment: str = "production", *, kind: str = "", **tables: Any) -> Place:
        """A place that looks as if it had been brought up."""
        place = self.place(environment, kind=kind, **tables)
        self.apply(place)
        return place

    def apply(self, place: Place, **state: Any) -> None:
        """Let it look as if it had been brought up."""
        prepare_top(place.layout)
        place.layout.root.mkdir(mode=0o700)
        known = {"kind": place.spec.kind.value, "project": str(place.project)}
        write_state(place.layout, State(**{**known, **state}))

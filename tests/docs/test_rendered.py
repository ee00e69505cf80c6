"""examples/shop/rendered shows what its uz.toml makes, on a machine that never changes."""

from dataclasses import replace
from pathlib import Path

from uz.components import compose
from uz.operations.place import Place
from uz.operations.rendering import differences
from uz.spec import load
from uz.targets.local.layout import Layout
from uz.testing.specs import MACHINE


def test_the_rendered_files_of_the_shop_are_fresh(root: Path, tmp_path: Path) -> None:
    project = root / "examples/shop"
    spec = load(project, "demo")
    machine = replace(MACHINE, isolated=True)  # as root has it
    place = Place(project, spec, machine, compose(spec, machine), Layout(tmp_path, "shop", "demo"))
    assert differences(place, project / "rendered/demo") == (), (
        "as root, in examples/shop: uz --env demo render"
    )

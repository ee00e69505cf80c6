from collections.abc import Callable
from dataclasses import replace

import pytest

from uz.components import compose
from uz.targets.local.render import files_of, render
from uz.testing import MACHINE, spec

SPEC = spec(processes={"mail": {"command": "mail --from 'a b'"}}, app={"env": {"MOTTO": "it's $5"}})


@pytest.mark.parametrize(("isolated", "name"), [(True, "isolated"), (False, "shared")])
def test_the_scripts_are_those_that_were_reviewed(
    isolated: bool, name: str, golden: Callable[[str, str], None]
) -> None:
    machine = replace(MACHINE, isolated=isolated)
    files = render(SPEC, compose(SPEC, machine), machine)
    for path in files:
        if path.startswith("services/"):
            golden(f"{name}/{path}", files[path])
    golden("launch", files["launch"])
    golden("README.md", files["README.md"])


def test_the_same_spec_gives_the_same_bytes() -> None:
    first, second = (render(SPEC, compose(SPEC, MACHINE), MACHINE) for _ in range(2))
    assert list(first.items()) == list(second.items())
    assert list(first) == sorted(first)


def test_a_rendered_file_names_no_place_of_this_machine() -> None:
    for text in render(SPEC, compose(SPEC, MACHINE), MACHINE).values():
        assert "/var/lib/uz" not in text
        assert "{root}" not in text


def test_a_service_depends_on_its_own_files_and_on_how_all_are_started() -> None:
    stack = compose(SPEC, MACHINE)
    files = render(SPEC, stack, MACHINE)
    assert set(files_of(files, stack, "app-1")) == {"services/app-1", "launch"}
    assert set(files_of(files, stack, "edge")) == {
        "services/edge",
        "launch",
        "edge/nginx.conf",
        "edge/maps.conf",
        "edge/headers.conf",
        "edge/proxy.conf",
    }

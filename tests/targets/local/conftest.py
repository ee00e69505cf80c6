"""An environment's folder for tests of the local target; nothing runs in it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.targets.local.own_openbao import OwnOpenBao, own_openbao

from uz.components import compose
from uz.stack import Stack
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare
from uz.targets.local.releases import unsealed
from uz.targets.local.users import isolated, missing_users
from uz.testing import MACHINE, spec


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path short enough for sockets, that the servers' users may pass."""
    folder = Path(tempfile.mkdtemp(prefix="uz-"))
    folder.chmod(0o711)
    yield folder
    for place in folder.rglob("releases"):
        unsealed(place)
    shutil.rmtree(folder)


@pytest.fixture
def layout(short: Path) -> Layout:
    """The paths of one environment; none of them exists."""
    return Layout(short / "home", "shop", "trial")


@pytest.fixture
def stack() -> Stack:
    """What would run in it."""
    return compose(spec("trial"), MACHINE)


@pytest.fixture
def prepared(layout: Layout, stack: Stack) -> Layout:
    """An environment with all its folders."""
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")
    prepare(layout, stack)
    return layout


@pytest.fixture(scope="session")
def own() -> Iterator[OwnOpenBao]:
    """An environment whose OpenBao runs and is initialised: leave it so."""
    with own_openbao(redis={"purpose": "cache"}) as made:
        yield made


@pytest.fixture
def as_root() -> None:
    """For what only root can do."""
    if os.geteuid() != 0:
        pytest.skip("only root can do this")

"""Fixtures of the live tests: real servers in scratch places that are always cleared away.

A test takes `stage` (a project, a UZ_HOME and ports of its own; nothing runs yet) or `running`
(one stack that is up, shared by the read-only tests of a file). Both are `Stage`s.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from tests.live.stage import Stage, a_stage

PROGRAMS = ("nginx", "logrotate", "setpriv", "git", "tar")


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    """Say at once what is missing, instead of failing in every test."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}; `uz doctor --install` gets them")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A scratch place of the test's own; nothing runs in it yet."""
    with a_stage() as one:
        yield one


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    """A stack that is up, for all tests of a file that change nothing."""
    with a_stage() as one:
        one.up()
        yield one


@pytest.fixture
def as_root() -> None:
    """For tests of what only root can arrange: services with users of their own."""
    if os.geteuid() != 0:
        pytest.skip("only root can give services users of their own")

"""Stages whose secrets are kept as by default: in an OpenBao of the environment's own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.live.stage import Stage, a_stage

from uz.errors import ProgramError
from uz.machine import OPENBAO
from uz.managers import ManagedSecrets
from uz.spec import load
from uz.targets.local.keeping import log_in
from uz.targets.local.layout import Layout
from uz.targets.local.tools import install_openbao, tools_folder


@contextmanager
def an_openbao_stage() -> Iterator[Stage]:
    """A stage whose `uz.toml` says nothing of secrets, and that finds the program."""
    with a_stage() as stage:
        with_openbao(stage)
        stage.commit()
        yield stage


def with_openbao(stage: Stage) -> None:
    """Put the program of this machine into a stage's UZ_HOME, and let it keep the secrets."""
    if not (tools_folder() / OPENBAO / "bao").is_file():
        tools_folder().mkdir(parents=True, exist_ok=True)
        try:
            install_openbao()
        except ProgramError as error:
            pytest.skip(str(error))
    stage.home.mkdir(mode=0o711, exist_ok=True)
    tools = stage.home / ".tools"
    if not tools.is_symlink():
        tools.symlink_to(tools_folder())
    stage.set("secrets", None)


def kept(stage: Stage, name: str, value: str) -> None:
    """Keep a value of the user's, as a person does."""
    done = stage.uz("secrets", "set", name, "--keep-newline", stdin=value)
    assert done.code == 0, done


def source(stage: Stage) -> ManagedSecrets:
    """What Uz made up for a stage, as Uz itself reads it."""
    layout = Layout(stage.home, "tiny", "production")
    found = log_in(layout, load(stage.project, "production"), stage.project)
    assert isinstance(found, ManagedSecrets)
    return found

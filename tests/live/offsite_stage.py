"""Stages with backups that go to the embedded store, and that store seen from outside of Uz."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session
from tests.live.stage import Stage, a_stage

from uz.errors import ProgramError
from uz.machine import SEAWEEDFS
from uz.targets.local.tools import install_seaweedfs, tools_folder

BUCKET = "backups"


@contextmanager
def an_offsite_stage() -> Iterator[Stage]:
    """A stage whose backups go to the embedded store."""
    with a_stage() as stage:
        with_offsite(stage)
        stage.commit()
        yield stage


def with_offsite(stage: Stage) -> None:
    """Put the program of this machine into a stage's UZ_HOME, and let backups go there."""
    if not (tools_folder() / SEAWEEDFS / "weed").is_file():
        tools_folder().mkdir(parents=True, exist_ok=True)
        try:
            install_seaweedfs()
        except ProgramError as error:
            pytest.skip(str(error))
    stage.home.mkdir(mode=0o711, exist_ok=True)
    tools = stage.home / ".tools"
    if not tools.is_symlink():
        tools.symlink_to(tools_folder())
    stage.set("backups.offsite", "embedded")


def identities(stage: Stage, env: str = "production") -> dict[str, str]:
    """Access keys and their secrets, as SeaweedFS reads them."""
    path = stage.root(env) / "credentials" / "offsite" / "s3.json"
    found = json.loads(path.read_text())["identities"]
    keys = (one["credentials"][0] for one in found)
    return {one["accessKey"]: one["secretKey"] for one in keys}


def client(stage: Stage, identity: str = "admin", env: str = "production") -> Any:
    """A client of the store that trusts the CA of its environment only."""
    base = stage.spec["environments"][env]["network"]["port_base"]
    authority: Path = stage.root(env) / "data" / "offsite-authority.pem"
    return Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"https://127.0.0.1:{base + 840}",
        aws_access_key_id=identity,
        aws_secret_access_key=identities(stage, env)[identity],
        verify=str(authority),
        config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3}),
    )

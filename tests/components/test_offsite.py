import json
import re
import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from uz.components import compose
from uz.components.offsite import (
    AUTHORITY,
    IDENTITIES,
    NAME,
    PORTS,
    TOKENS,
    identities,
    mutual,
    offsite,
    options,
)
from uz.spec import Spec
from uz.spec.sensitive import why_secret
from uz.stack import HttpsReady, Owner, Role, SecretText, Service
from uz.testing import MACHINE, spec

OWN = spec(backups={"offsite": "embedded"})
KEYS = {
    "access_key": "ref+vault://secret/store#/access",
    "secret_key": "ref+vault://secret/store#/key",
}


def service(of: Spec = OWN) -> Service:
    """The store's own service."""
    return offsite(of, MACHINE).service(NAME)


def start() -> str:
    """Its start script."""
    return offsite(OWN, MACHINE).files[f"{NAME}/start"]


def test_the_files_are_those_that_were_reviewed(golden: Callable[[str, str], None]) -> None:
    for path, text in offsite(OWN, MACHINE).files.items():
        golden(path, text)


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"backups": {}},
        {"backups": {"offsite": "s3://shop-backups", **KEYS}, "secrets": {"manager": "openbao"}},
    ],
)
def test_where_backups_go_elsewhere_there_is_none(tables: dict[str, Any]) -> None:
    made = compose(spec(**tables), MACHINE)
    assert NAME not in [one.name for one in made.services]
    assert not any(path.startswith(f"{NAME}/") for path in made.files)


def test_every_port_is_named_and_of_its_own() -> None:
    ports = [listen.port for listen in service().listens]
    assert ports == list(OWN.ports.offsite)[: len(PORTS)]
    assert not any(listen.public for listen in service().listens)
    for option, port in zip(PORTS, ports, strict=True):
        assert f"    -{option}={port} \\\n" in start()


def test_it_listens_on_loopback_and_serves_nothing_beside() -> None:
    for word in (
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false", "-webdav=false",
        "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
    ):  # fmt: skip
        assert f"    {word} \\\n" in start()


def test_it_is_ready_when_s3_answers_over_tls_by_its_own_authority() -> None:
    assert service().ready == HttpsReady(OWN.ports.offsite[0], "/healthz", AUTHORITY)
    assert (service().role, service().owner) == (Role.SERVER, Owner.SERVERS)


def test_no_secret_is_in_a_file_or_an_argument() -> None:
    for name in service().passwords:
        assert name not in start()
    text = service().credentials["s3.json"]
    assert isinstance(text, SecretText)
    assert set(text.names()) | set(TOKENS.values()) == set(service().passwords)
    assert set(service().secret_environment) == set(TOKENS)
    assert set(service().secret_environment.values()) < set(service().credentials)


def test_its_parts_speak_with_each_other_only() -> None:
    found = service().environment
    files = f"./credentials/{NAME}"
    assert found == mutual(AUTHORITY, f"{files}/tls.pem", f"{files}/tls.key")
    for part in ("GRPC_MASTER", "GRPC_VOLUME", "GRPC_FILER", "GRPC_CLIENT", "HTTPS_MASTER"):
        assert found[f"WEED_{part}_CERT"].endswith("tls.pem")


def test_the_paths_of_its_keys_do_not_look_like_keys() -> None:
    found = {name: why_secret(name, value) for name, value in service().environment.items()}
    assert {name: why for name, why in found.items() if why} == {}


def test_only_the_admin_may_do_all() -> None:
    made = json.loads(identities("vault"))
    actions = {one["name"]: one["actions"] for one in made["identities"]}
    assert actions == {"admin": ["Admin"], "adder": [], "reader": [], "retention": []}
    assert {one["name"] for one in made["policies"]} == set(IDENTITIES) - {"admin"}
    assert all("arn:aws:s3:::vault" in one["content"] for one in made["policies"])


def test_the_options_name_no_folder_but_those_given() -> None:
    words = options({}, "data/x", "credentials/x", "run/x")
    paths = [word.partition("=")[2] for word in words if "/" in word]
    assert all(re.match(r"(data|credentials|run)/x", path) for path in paths), paths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An environment's folder in which the program only says what it was told."""
    found = tmp_path / "home/shop/trial"
    for folder in (f"config/{NAME}", f"data/{NAME}", f"run/{NAME}"):
        (found / folder).mkdir(parents=True)
    (found / f"config/{NAME}/start").write_text(start())
    return found


def started(root: Path, *folders: Path) -> "subprocess.CompletedProcess[str]":
    """What the start script does with these folders first in PATH."""
    path = ":".join([*map(str, folders), "/usr/bin", "/bin"])
    return subprocess.run(
        ["/bin/sh", f"config/{NAME}/start"], cwd=root, capture_output=True, text=True, timeout=30,
        env={"PATH": path}, check=False,
    )  # fmt: skip


def program(path: Path, says: str) -> Path:
    """A program that says this, and how it was called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says} $*\n")
    path.chmod(0o755)
    return path.parent


def test_the_start_script_takes_the_path_first_then_the_tools(root: Path) -> None:
    program(root / "../../.tools/seaweedfs-4.48/weed", "of Uz")
    assert started(root).stdout.startswith("of Uz -logtostderr=true mini -ip=127.0.0.1 ")
    own = program(root / "bin/weed", "of the machine")
    assert started(root, own).stdout.startswith("of the machine ")


def test_options_of_an_earlier_start_are_forgotten(root: Path) -> None:
    program(root / "bin/weed", "started")
    old = root / f"data/{NAME}/mini.options"
    old.write_text("s3.port=1")
    assert started(root, root / "bin").returncode == 0
    assert not old.exists()


def test_a_taken_port_is_waited_for_and_then_told(root: Path) -> None:
    program(root / "bin/weed", "started")
    port = OWN.ports.offsite[3]
    with closing(socket.create_server(("127.0.0.1", port))):
        done = started(root, root / "bin")
    assert (done.returncode, done.stdout) == (
        78,
        f"refused: port {port} is taken by another process\n",
    )

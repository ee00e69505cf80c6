import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.managers.openbao_server import free_port, program

from uz.components import compose
from uz.errors import BackupError, MachineError
from uz.spec import Kind, Spec
from uz.stack import Stack
from uz.targets.local.backups import private_openbao as module
from uz.targets.local.backups.openbao_snapshot import new_openbao
from uz.targets.local.backups.private_openbao import private_openbao
from uz.targets.local.bootstrap import Bootstrap, make_bootstrap
from uz.targets.local.embedded import connected
from uz.targets.local.layout import Layout
from uz.targets.local.listeners import holder_of
from uz.targets.local.memory import forget
from uz.targets.local.prepare import prepare
from uz.testing import MACHINE, spec
from uz.waiting import met

pytestmark = pytest.mark.live


@dataclass
class Place:
    layout: Layout
    spec: Spec
    stack: Stack
    bootstrap: Bootstrap

    @property
    def free(self) -> bool:
        return not holder_of(self.spec.ports.secrets)


@pytest.fixture
def place(layout: Layout) -> Iterator[Place]:
    base = free_port() - 820
    of = spec("trial", secrets={}, environments={"trial": {"network": {"port_base": base}}})
    stack = compose(of, MACHINE)
    prepare(layout, stack)
    tools = layout.home / ".tools" / "openbao-2.7.2"
    tools.mkdir(parents=True)
    (tools / "bao").symlink_to(program())
    for folder in (tools.parent, tools, layout.home):
        folder.chmod(0o755)
    yield Place(layout, of, stack, make_bootstrap(layout.bootstrap))
    forget(layout)


def test_it_runs_while_it_is_needed_and_is_gone_then(place: Place) -> None:
    with private_openbao(place.layout, place.spec, place.stack, place.bootstrap):
        assert connected(place.layout, place.spec).sys.is_initialized() is False
        assert not place.free
    assert place.free
    data = place.layout.data / "openbao"
    assert any(data.iterdir())


def test_it_is_started_again_once_it_has_said_so_and_keeps_what_it_has(place: Place) -> None:
    with private_openbao(place.layout, place.spec, place.stack, place.bootstrap) as server:
        new_openbao(place.layout, place.spec)
        first = server.process.pid
        server.start_again("security barrier initialized")
        assert server.process.pid != first
        assert connected(place.layout, place.spec).sys.is_initialized() is True
    assert place.free


def test_one_that_never_says_so_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TELLS", 0.2)
    with private_openbao(place.layout, place.spec, place.stack, place.bootstrap) as server:
        first = server.process.pid
        server.start_again("words of another version")
        assert server.process.pid == first
        assert connected(place.layout, place.spec).sys.is_initialized() is False


def test_it_is_gone_when_the_recovery_fails(place: Place) -> None:
    with (
        pytest.raises(RuntimeError),
        private_openbao(place.layout, place.spec, place.stack, place.bootstrap),
    ):
        raise RuntimeError
    assert place.free


def test_a_port_that_is_taken_is_told(place: Place) -> None:
    with (
        private_openbao(place.layout, place.spec, place.stack, place.bootstrap),
        pytest.raises(MachineError, match=f"port {place.spec.ports.secrets} is in use"),
        private_openbao(place.layout, place.spec, place.stack, place.bootstrap),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "whose", "hint"),
    [
        (Kind.REHEARSAL, "which a drill makes beside", "`uz drill` again"),
        (Kind.STAGING, "which is being recovered", "network.port_base"),
    ],
)
def test_whose_port_it_is_and_what_then_is_told(
    place: Place, kind: Kind, whose: str, hint: str
) -> None:
    place.spec = place.spec.model_copy(update={"kind": kind})
    with (
        socket.create_server(("127.0.0.1", place.spec.ports.secrets)),
        pytest.raises(MachineError, match=f"OpenBao of shop/trial, {whose}") as raised,
        private_openbao(place.layout, place.spec, place.stack, place.bootstrap),
    ):
        pass
    assert hint in raised.value.hint


def test_one_that_does_not_come_up_says_why(place: Place) -> None:
    raft = place.layout.data / "openbao" / "raft"
    raft.mkdir()
    (raft / "raft.db").write_bytes(b"no database of raft" * 1000)
    raft.chmod(0o777)
    with (
        pytest.raises(BackupError, match="does not come up"),
        private_openbao(place.layout, place.spec, place.stack, place.bootstrap),
    ):
        pass
    assert place.free


KILLED = """
import sys, time
from pathlib import Path
from uz.components import compose
from uz.spec import parse
from uz.targets.local.backups.private_openbao import private_openbao
from uz.targets.local.bootstrap import read_bootstrap
from uz.targets.local.layout import Layout
from uz.testing import MACHINE, spec
layout = Layout(Path(sys.argv[1]), "shop", "trial")
base = int(sys.argv[2])
of = spec("trial", secrets={}, environments={"trial": {"network": {"port_base": base}}})
with private_openbao(layout, of, compose(of, MACHINE), read_bootstrap(layout.bootstrap)):
    print("up", flush=True)
    time.sleep(60)
"""


def test_it_dies_with_who_started_it(place: Place) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(place.layout.home), str(place.spec.ports.base)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4], env=os.environ,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    assert not place.free
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    assert met(lambda: place.free, 60)

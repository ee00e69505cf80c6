"""What tests of `uz secrets` ask for: a manager in memory in the place of the environment's."""

import io
import sys
from collections.abc import Callable

import pytest

from uz.managers import ManagedSecrets
from uz.managers.naming import own_prefix
from uz.operations import managed as managing
from uz.operations import place as placing
from uz.operations import reaching
from uz.operations.managed import Managed
from uz.operations.place import Place
from uz.testing import MemoryManager

Typed = Callable[..., None]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> MemoryManager:
    """The manager of every environment, and a machine that misses no program."""
    one = MemoryManager()

    def managed(place: Place, _progress: object) -> Managed:
        return Managed(one, ManagedSecrets(one, own_prefix(place.spec)))

    def reached(place: Place, _command: str, progress: object) -> Managed:
        return managed(place, progress)

    monkeypatch.setattr(managing, "managed", managed)
    monkeypatch.setattr(reaching, "reached", reached)
    monkeypatch.setattr(placing, "require", lambda *_: None)
    return one


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Let standard input be a pipe with these bytes."""

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Sit at a terminal and type these lines, one after the other."""

    def type_(*lines: str) -> None:
        left = list(lines)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr("builtins.input", lambda _question: left.pop(0))
        monkeypatch.setattr("uz.cli.secrets.setting.getpass", lambda _prompt: left.pop(0))

    return type_

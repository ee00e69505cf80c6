import os
import threading
from pathlib import Path

import pytest

from uz.errors import BusyError, MachineError
from uz.targets.local.locks import held, name_holder


def busy(holder: str) -> str:
    return f"`{holder}` has it"


def test_one_holds_it_and_another_one_is_told_who(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with held(path, busy) as descriptor:
        name_holder(descriptor, "up")
        with pytest.raises(BusyError, match=rf"`uz up \(process {os.getpid()}\)` has it"):
            held(path, busy).__enter__()
    with held(path, busy):
        pass


def test_who_did_not_say_his_name_is_another_command(tmp_path: Path) -> None:
    with held(tmp_path / "a.lock", busy), pytest.raises(BusyError, match="`another command`"):
        held(tmp_path / "a.lock", busy).__enter__()


def test_it_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = held(path, busy)
    first.__enter__()
    timer = threading.Timer(0.2, first.__exit__, (None, None, None))
    timer.start()
    with held(path, busy, within=20):
        pass
    timer.join()


def test_how_long_more_it_is_waited_for_depends_on_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = held(path, busy)
    name_holder(first.__enter__(), "up")
    asked: list[str] = []

    def patience(holder: str) -> float:
        asked.append(holder)
        return 20.0 if len(asked) > 1 else 0.0

    with pytest.raises(BusyError):
        held(path, busy, patience=patience).__enter__()
    timer = threading.Timer(0.2, first.__exit__, (None, None, None))
    timer.start()
    with held(path, busy, patience=patience):
        pass
    timer.join()
    assert asked == [f"uz up (process {os.getpid()})"] * 2


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="symbolic link"):
        held(tmp_path / "a.lock", busy).__enter__()
    assert not (tmp_path / "elsewhere").exists()

import os
import subprocess
from pathlib import Path

import pytest

from uz.errors import MachineError
from uz.scheduling.lock import held, hold, holders
from uz.waiting import met


def test_only_one_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "backup.lock"
    first = hold(path)
    assert first is not None
    assert hold(path) is None
    assert held(path)
    os.close(first)
    assert not held(path)


def test_who_inherits_it_holds_it_after_its_parent_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "backup.lock"
    lock = hold(path)
    assert lock is not None
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))
    os.close(lock)
    try:
        assert held(path)
        assert holders(path) == (child.pid,)
    finally:
        child.kill()
        child.wait()
    assert met(lambda: not held(path), 60)
    assert holders(path) == ()
    assert holders(tmp_path / "gone") == ()


def test_a_place_that_takes_no_lock_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match=r"link\.lock"):
        hold(tmp_path / "link.lock")
    with pytest.raises(MachineError, match="No such file") as raised:
        hold(tmp_path / "gone" / "run" / "backup.lock")
    assert "`uz up`" in raised.value.hint

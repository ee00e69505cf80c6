import threading
import time

import pytest

from uz.targets.local.backups.abreast import abreast


def test_all_are_done_the_first_ones_first_and_side_by_side() -> None:
    begun: list[str] = []
    together = threading.Barrier(3, timeout=60)

    def act(name: str) -> None:
        begun.append(name)
        if name in {"0", "1", "2"}:
            together.wait()

    abreast(map(str, range(20)), act, threads=3, stop=threading.Event())
    assert sorted(begun[:3]) == ["0", "1", "2"]
    assert sorted(begun, key=int) == [str(one) for one in range(20)]


def test_after_an_error_nothing_new_is_begun_and_it_is_raised() -> None:
    begun: list[str] = []

    def act(name: str) -> None:
        begun.append(name)
        if name == "3":
            raise ValueError(name)
        time.sleep(0.01)

    with pytest.raises(ValueError, match="3"):
        abreast(map(str, range(100)), act, threads=2, stop=threading.Event())
    assert len(begun) < 10


def test_when_stopped_nothing_new_is_begun() -> None:
    stop, begun = threading.Event(), []

    def act(name: str) -> None:
        begun.append(name)
        stop.set()

    abreast("abcdef", act, threads=1, stop=stop)
    assert begun == ["a"]

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.places import short_folder

from uz.targets.local.backups.scratches import clear_abandoned, own_scratch, restores
from uz.targets.local.layout import Layout

RUNS = """
import sys, time
from pathlib import Path
from uz.targets.local.backups.scratches import own_scratch
from uz.targets.local.layout import Layout
with own_scratch(Layout(Path(sys.argv[1]), "shop", "trial")) as scratch:
    scratch.mkdir()
    (scratch / "big").touch()
    print(scratch.name, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def layout() -> Iterator[Layout]:
    with short_folder() as home:
        made = Layout(home, "shop", "trial")
        made.data.mkdir(parents=True)
        yield made


def test_it_is_gone_when_the_block_ends(layout: Layout) -> None:
    with own_scratch(layout) as scratch:
        assert scratch.parent == restores(layout)
        scratch.mkdir()
        (scratch / "x").touch()
    assert not restores(layout).exists()


def test_it_is_gone_when_the_block_fails_too(layout: Layout) -> None:
    with suppress(KeyboardInterrupt), own_scratch(layout) as scratch:
        scratch.mkdir()
        raise KeyboardInterrupt
    assert not restores(layout).exists()


def test_two_at_once_do_not_know_of_each_other(layout: Layout) -> None:
    with own_scratch(layout) as one:
        one.mkdir()
        with own_scratch(layout) as other:
            assert one != other
            assert clear_abandoned(layout) == ()
        assert one.exists()


def test_what_a_killed_restore_left_is_removed_and_what_runs_is_not(layout: Layout) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUNS, str(layout.home)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert run.stdout is not None
        name = run.stdout.readline().strip()
        assert clear_abandoned(layout) == ()
        assert (restores(layout) / name / "big").exists()
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert clear_abandoned(layout) == (name,)
    assert not restores(layout).exists()


def test_a_lock_that_is_a_link_is_left_alone(layout: Layout, tmp_path: Path) -> None:
    restores(layout).mkdir()
    (tmp_path / "mine").touch()
    (restores(layout) / "x.lock").symlink_to(tmp_path / "mine")
    (restores(layout) / "x").mkdir()
    assert clear_abandoned(layout) == ()
    assert (restores(layout) / "x").exists()

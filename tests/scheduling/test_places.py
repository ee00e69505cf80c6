from pathlib import Path

from uz.components.scheduler import JOBS
from uz.scheduling.places import Places
from uz.targets.local.layout import Layout


def test_they_are_those_of_the_environment() -> None:
    layout = Layout(Path("/h"), "shop", "production")
    places = Places(layout.root)
    assert places.plan == layout.config / JOBS
    assert places.journal.parent == layout.data / "scheduler"
    assert places.lock("backup").parent == layout.run / "scheduler"
    assert places.log("backup") == layout.logs / "scheduler" / "backup.log"

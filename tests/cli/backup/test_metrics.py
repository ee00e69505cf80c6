from tests.cli.conftest import Uz
from tests.places import Projects

from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.backups.watching import watched, write_metrics


def test_it_prints_what_shipping_wrote_last(uz: Uz, projects: Projects) -> None:
    layout = projects.applied(backups={}).layout
    layout.data.mkdir()
    prepare_repository(layout)
    said = uz("backup", "metrics")
    assert said.code == 2
    assert "nothing is watched yet" in said.err
    write_metrics(layout, watched(layout, Shipping(disk_free=7), (), None))
    said = uz("backup", "metrics")
    assert said.code == 0
    assert 'uz_backups_disk_free_bytes{app="shop",environment="production"} 7\n' in said.out

import os
from pathlib import Path

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from tests.places import short_folder

from uz.components import compose
from uz.errors import MachineError
from uz.targets.local.layout import Layout
from uz.targets.local.leading import given, lead, leader
from uz.targets.local.prepare import prepare
from uz.testing import MACHINE, spec

SPEC = spec("trial", database={"replicas": 1})


@pytest.fixture
def data(layout: Layout) -> Path:
    """The folder of the servers' data."""
    folder = layout.data / "database"
    folder.mkdir(parents=True)
    return folder


def cluster(data: Path, name: str, *, standby: bool = False) -> None:
    """A server's data, as far as it is looked at."""
    (data / name).mkdir()
    (data / name / "PG_VERSION").write_text("15\n")
    if standby:
        (data / name / "standby.signal").touch()


def test_the_first_leads_until_another_one_was_chosen(layout: Layout, data: Path) -> None:
    assert leader(layout, SPEC) == 1
    lead(layout, SPEC, 2)
    assert leader(layout, SPEC) == 2
    assert (data / "primary").read_text() == "database-2 23401\n"


def test_before_there_is_a_folder_the_first_leads(layout: Layout) -> None:
    assert leader(layout, SPEC) == 1


def test_who_leads_is_told_to_standbys_and_pooler(layout: Layout, data: Path) -> None:
    lead(layout, SPEC, 2)
    for name in ("primary.conf", "pgbouncer.ini"):
        assert " port=23401 " in (data / name).read_text()
        assert (data / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("leads", "follows"), [(1, 2), (2, 1)])
def test_a_lost_file_is_made_up_for_by_the_data(
    layout: Layout, data: Path, leads: int, follows: int
) -> None:
    cluster(data, f"database-{leads}")
    cluster(data, f"database-{follows}", standby=True)
    assert leader(layout, SPEC) == leads


def test_two_that_could_lead_are_named_with_what_to_write(layout: Layout, data: Path) -> None:
    cluster(data, "database-1")
    cluster(data, "database-2")
    with pytest.raises(MachineError, match="database-1 and database-2 could all") as raised:
        leader(layout, SPEC)
    assert "`database-1 23400`" in raised.value.hint


def test_standbys_alone_are_no_reason_to_let_one_lead(layout: Layout, data: Path) -> None:
    cluster(data, "database-2", standby=True)
    assert leader(layout, SPEC) == 1


@pytest.mark.parametrize("text", ["", "\n", "database-9 1\n", "\x00\xff\n", "primary\n"])
def test_a_damaged_file_is_named_and_never_guessed_at(
    layout: Layout, data: Path, text: str
) -> None:
    (data / "primary").write_text(text, encoding="latin-1")
    with pytest.raises(MachineError, match=r"data/database/primary: ") as raised:
        leader(layout, SPEC)
    assert "`database-1 23400`" in raised.value.hint
    assert raised.value.hint.isprintable()
    assert str(raised.value).isprintable()


def test_a_folder_in_its_place_is_named(layout: Layout, data: Path) -> None:
    (data / "primary").mkdir()
    with pytest.raises(MachineError, match=r"data/database/primary: "):
        leader(layout, SPEC)


def test_a_wrong_port_does_not_matter(layout: Layout, data: Path) -> None:
    (data / "primary").write_text("database-2 1\n")
    assert leader(layout, SPEC) == 2


def test_one_that_was_taken_out_of_the_spec_cannot_lead(layout: Layout, data: Path) -> None:
    lead(layout, SPEC, 2)
    with pytest.raises(MachineError, match="says 'database-2") as raised:
        leader(layout, spec("trial", database={"replicas": 0}))
    assert "uz switchover" in raised.value.hint


def test_credentials_learn_the_port_of_the_primary(layout: Layout, data: Path) -> None:
    assert "database/port" not in given(layout, spec("trial"))
    assert given(layout, spec("trial"))["database/app-user"].reveal() == b"app"
    lead(layout, SPEC, 2)
    assert given(layout, SPEC)["database/port"].reveal() == b"23401"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_files_belong_to_the_servers_user(prepared: Layout) -> None:
    prepare(prepared, compose(SPEC, MACHINE))
    lead(prepared, SPEC, 1)
    folder = prepared.data / "database"
    assert (folder / "primary").stat().st_uid == folder.stat().st_uid != 0


@hypothesis_given(st.integers(0, 3).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n + 1))))
def test_whoever_was_chosen_leads(nodes: tuple[int, int]) -> None:
    replicas, node = nodes
    of = spec("trial", database={"replicas": replicas})
    with short_folder() as top:
        layout = Layout(top, "shop", "trial")
        (layout.data / "database").mkdir(parents=True)
        lead(layout, of, node)
        assert leader(layout, of) == node

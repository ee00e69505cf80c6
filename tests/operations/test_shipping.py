import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.backups.paper_engine import PaperEngine
from tests.places import Projects

from uz.components.scheduler import APPLIED
from uz.errors import BackupError, MachineError, UzError
from uz.machine import SEAWEEDFS
from uz.operations import shipping as module
from uz.operations.catching_up import CatchingUp
from uz.operations.place import Place
from uz.operations.shipping import Service, service_of
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.backups.records import Shipping, read_shipping, write_shipping
from uz.targets.local.backups.repository import Repository, prepare_repository
from uz.targets.local.backups.shipping import Shipper
from uz.targets.local.backups.watching import read_metrics
from uz.testing.folder_store import FolderStore
from uz.waiting import met


@dataclass
class Running:
    """A service in this very process."""

    service: Service
    store: FolderStore
    repository: Repository
    beats: list[datetime] = field(default_factory=list)

    @property
    def engine(self) -> PaperEngine:
        """The engine of its repository."""
        return PaperEngine(self.repository.database)


@contextmanager
def running(made: Running) -> Iterator[threading.Thread]:
    """Let it run, and end it."""
    thread = threading.Thread(target=made.service.run)
    thread.start()
    try:
        yield thread
    finally:
        made.service.stop.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def place(projects: Projects) -> Place:
    table = {"offsite": "embedded", "rpo": "10s"}
    one = projects.applied(backups=table, database={"migrate": "true"})
    one.layout.data.mkdir()
    return one


@pytest.fixture
def made(place: Place, projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Running:
    store = FolderStore(projects.folder / "far")
    store.folder.mkdir()
    monkeypatch.setattr(module, "WRITTEN", 0.05)
    monkeypatch.setattr(module, "STEP", 0.05)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.3)
    monkeypatch.setattr(Service, "interval", 0.3)
    stop = threading.Event()
    assert place.spec.backups is not None
    repository = prepare_repository(place.layout)
    shipper = Shipper(
        place.layout,
        place.spec.backups,
        lambda one: PaperEngine(one.database),
        lambda: store,
        lambda *_: None,
        stop,
    )
    one = Running(Service(place, shipper, CatchingUp(place.layout), stop), store, repository)

    def beat(_ask: object, pitr: timedelta, within: float) -> datetime:
        assert pitr == timedelta(days=14)
        assert within <= 20
        one.beats.append(datetime.now(UTC))
        one.engine.log(len(one.beats))
        return one.beats[-1]

    class Session:
        ask = None

    monkeypatch.setattr(module, "beat", beat)
    monkeypatch.setattr(module, "primary_session", lambda _env: Session)
    return one


def seen(place: Place) -> Shipping:
    return read_shipping(place.layout) or Shipping()


def test_each_beat_is_off_site_soon_and_that_is_written_down(made: Running, place: Place) -> None:
    with running(made):
        assert met(lambda: len(made.beats) > 3, 60)
        at = datetime.now(UTC)
        assert met(lambda: (seen(place).covered_at or made.beats[0]) > at, 60)
        assert met(lambda: "uz_backups_wal_lag_seconds" in read_metrics(place.layout), 60)
    assert len(made.store.put_keys) >= 4


def test_a_backup_is_sent_at_once_and_not_with_the_next_round(
    made: Running, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "interval", 3600.0)
    with running(made):
        assert met(lambda: seen(place).succeeded_at is not None, 60)
        made.engine.take("full", datetime.now(UTC), 1)
        catalog = write_catalog(made.repository, made.engine, "paper", "")
        assert met(lambda: seen(place).published == catalog.key, 60)


def test_an_outage_is_told_once_and_the_canary_goes_on(
    made: Running, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "shipping")
    with running(made):
        assert met(lambda: seen(place).succeeded_at is not None, 60)
        made.store.down = True
        assert met(lambda: "no answer" in seen(place).error, 60)
        before = len(made.beats)
        assert met(lambda: len(made.beats) > before + 4, 60)
        made.store.down = False
        assert met(lambda: not seen(place).error and not seen(place).queue_files, 60)
    lines = [one.getMessage() for one in caplog.records if one.name == "shipping"]
    told = [line for line in lines if line.startswith("nothing is sent")]
    assert len(told) == 1
    assert lines[-1] == "all is off-site, at embedded"


def test_in_an_outage_it_tries_ever_more_rarely(
    made: Running, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 60.0)
    tried: list[str] = []

    def listing(prefix: str = "") -> dict[str, object]:
        tried.append(prefix)
        raise BackupError("no")

    monkeypatch.setattr(made.store, "list", listing)
    with running(made):
        met(lambda: len(tried) > 3, 3)
    assert len(tried) in {1, 2}


def test_a_database_that_does_not_answer_is_told_and_sending_goes_on(
    made: Running, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> datetime:
        raise BackupError("the database uz: no answer")

    monkeypatch.setattr(module, "beat", fail)
    made.engine.log(1)
    with running(made):
        assert met(lambda: seen(place).error == "the database uz: no answer", 60)
        assert met(lambda: bool(made.store.put_keys), 60)


def test_a_full_disk_is_said_once_and_it_goes_on(
    made: Running, place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written: list[bool] = []

    def full(*_: object) -> None:
        written.append(True)
        if len(written) < 6:
            raise MachineError("the disk is full")

    monkeypatch.setattr(module, "write_shipping", full)
    with running(made):
        assert met(lambda: len(written) > 7, 60)
    assert [one.getMessage() for one in caplog.records].count("the disk is full") == 1


def test_a_bug_ends_it_with_what_went_wrong(made: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> datetime:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "beat", fail)
    with pytest.raises(ZeroDivisionError):
        made.service.run()


def test_what_was_known_before_a_restart_still_is(place: Place) -> None:
    prepare_repository(place.layout)
    at = datetime(2026, 11, 26, tzinfo=UTC)
    write_shipping(place.layout, Shipping(covered_at=at, error="no answer"))
    state = service_of(place).shipper.state
    assert (state.covered_at, state.error) == (at, "")


def test_without_a_table_it_says_so(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"no \[backups\]"):
        service_of(projects.applied())


def started(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "uz.operations.shipping", str(folder)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )


def test_where_nothing_was_applied_it_ends_with_words_and_code_2(place: Place) -> None:
    process = started(place.layout.root)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "no backups are configured in what was applied" in said
    assert "Traceback" not in said


def test_it_ends_at_once_when_asked(place: Place, projects: Projects) -> None:
    bare = projects.place(backups={})
    prepare_repository(place.layout)
    weed = projects.home / ".tools" / SEAWEEDFS / "weed"  # not started: only looked for
    weed.parent.mkdir(parents=True)
    weed.write_text("#!/bin/sh\necho version 30GB 4.48\n")
    weed.chmod(0o755)
    path = place.layout.config / APPLIED
    path.parent.mkdir(parents=True)
    path.write_text(bare.spec.model_dump_json(exclude_none=True))
    process = started(place.layout.root)
    state = place.layout.repositories / "shipping.json"
    try:
        assert met(lambda: state.exists() or process.poll() is not None, 60)
        assert process.poll() is None, process.stderr and process.stderr.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    assert json.loads(state.read_text())["offsite"] == ""

"""Backups on a real stack: taken, sent off-site, kept through an outage, and by the schedule."""

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.backups.seaweed_server import Seaweed, seaweed
from tests.live.offsite_stage import with_offsite
from tests.live.postgres import note, own, with_database
from tests.live.stage import Stage, a_stage, holds_within, kill

from uz.backups.store import Stored

pytestmark = [pytest.mark.live, pytest.mark.slow]
RPO = 10.0
ACCESS_KEY = "adder-of-tiny"
"""As long as references to secrets have to be."""
PREFIX = "far/away/"
SECRET_WORD = "found-in-no-backup"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A store of the user's own, at another place than the environment's folder."""
    with seaweed(tmp_path_factory.mktemp("site")) as server:
        server.stop()
        path = server.folder / "s3.json"
        known = json.loads(path.read_text())
        (adder,) = [one for one in known["identities"] if one["name"] == "adder"]
        adder["credentials"].append({**adder["credentials"][0], "accessKey": ACCESS_KEY})
        path.write_text(json.dumps(known))
        server.start()
        yield server


@pytest.fixture(scope="module")
def vault(site: Seaweed) -> Iterator[Stage]:
    """A stack with a database that is up, and whose backups go there."""
    with a_stage() as stage:
        with_database(stage, replicas=0)
        with_offsite(stage)  # its rehearsals would go there
        stage.set("backups.offsite", "s3://vault/far/away")
        stage.set("backups.endpoint", site.endpoint)
        stage.set("backups.authority", str(site.authority))
        keys = {"access_key": ACCESS_KEY, "secret_key": site.keys["adder"].reveal().decode()}
        for key, value in keys.items():
            (stage.project / ".secrets").mkdir(exist_ok=True)
            (stage.project / ".secrets" / key).write_text(value)
            stage.set(f"backups.{key}", f"ref+file://.secrets/{key}")
        stage.set("backups.rpo", f"{RPO:.0f}s")
        stage.set("backups.reserve", "64MiB")
        stage.commit()
        stage.up()
        assert holds_within(120, lambda: first_ones_ended(stage))
        yield stage


def first_ones_ended(stage: Stage) -> bool:
    """Whether the jobs that are due at the beginning have all been run."""
    jobs = stage.uz("jobs", "--json").json()["jobs"]
    return all(one["last"] and one["last"]["ended"] for one in jobs)


def repositories(stage: Stage) -> Path:
    return stage.root() / "data/repository"


def repository(stage: Stage) -> Path:
    return repositories(stage) / (repositories(stage) / "current").read_text().strip()


def shipping(stage: Stage) -> dict[str, Any]:
    """What shipping says of itself; it is replaced while it is read."""
    found: dict[str, Any] = json.loads((repositories(stage) / "shipping.json").read_text())
    return found


def away(site: Seaweed) -> dict[str, Stored]:
    """All objects off-site, by key below the environment's prefix."""
    return site.store("admin", PREFIX).list()


def covered(stage: Stage) -> datetime:
    """Up to when all is off-site; long ago where it is not known."""
    at = shipping(stage)["covered_at"]
    return datetime.fromisoformat(at) if at else datetime.fromtimestamp(0, UTC)


def logs_here(stage: Stage) -> set[str]:
    """The log in the repository, as paths."""
    folder = repository(stage)
    found = (folder / "database/archive").rglob("*-*.zst")
    return {str(one.relative_to(folder.parent)) for one in found}


def the_shipper(stage: Stage) -> int:
    """Its process id."""
    (pid,) = [
        one.pid
        for one in stage.processes()
        if "uz.operations.shipping" in one.cmdline() and "python" in one.name()
    ]
    return pid


def test_a_backup_lands_off_site_with_all_that_it_names(vault: Stage, site: Seaweed) -> None:
    note(vault, SECRET_WORD)
    done = vault.uz("backup", "now", "--type", "full")
    assert done.code == 0, done
    assert "it is off-site" in done.stdout
    keys = away(site)
    newest = max(key for key in keys if "/catalogs/" in key)
    catalog = json.loads(site.store("reader", PREFIX).read(newest))
    top = newest.partition("/")[0]
    assert catalog["backups"][-1]["kind"] == "full"
    sizes = {path: keys[f"{top}/{path}"].size for path in catalog["files"]}
    assert sizes == catalog["files"]
    assert any(path.startswith("files/snapshots/") for path in sizes)


def test_nothing_off_site_can_be_read_without_the_passphrase(vault: Stage, site: Seaweed) -> None:
    store = site.store("reader", PREFIX)
    for key in away(site):
        body = store.read(key)
        assert SECRET_WORD.encode() not in body
        if "/database/" in key:
            assert body.startswith(b"Salted__"), key
    told = vault.uz("backup", "metrics").stdout
    assert 'uz_backups_encrypted{app="tiny",environment="production"} 1\n' in told


def test_it_is_listed_here_and_off_site_with_the_moments_that_can_be_reached(vault: Stage) -> None:
    found = vault.uz("backup", "list", "--json").json()
    assert all(one["offsite"] for one in found["backups"])
    assert found["backups"][-1]["here"]
    assert found["trouble"] == ""
    span = next(one for one in found["restorable"] if one["offsite"])
    assert span["missing"] == ""
    ends = datetime.fromisoformat(span["ends"])
    assert (datetime.now(UTC) - ends).total_seconds() < 3 * RPO
    assert "restorable off-site: " in vault.uz("backup", "list").stdout


@pytest.mark.soak
def test_two_at_once_the_second_one_is_told_who_is_at_it(vault: Stage) -> None:
    first = vault.begin("backup", "now", "--no-wait")
    lock = vault.root().parent / "production.backups.lock"
    assert holds_within(60, lambda: lock.exists() and lock.stat().st_size)
    second = vault.uz("backup", "now")
    assert second.code == 2, second
    assert "works on the backups" in second.stderr
    assert first.wait(60) == 0


@pytest.mark.soak
def test_what_was_written_is_off_site_within_the_rpo(vault: Stage) -> None:
    worst = 0.0
    for _ in range(3):
        note(vault, "measured")
        at = datetime.now(UTC)
        assert holds_within(3 * RPO, lambda at=at: covered(vault) > at)  # type: ignore[misc]
        worst = max(worst, (datetime.now(UTC) - at).total_seconds())
    assert worst < RPO + 6  # the state is written every 5 s


@pytest.mark.soak
def test_a_killed_backup_leaves_nothing_that_the_next_one_does_not_heal(vault: Stage) -> None:
    for seconds in (0.4, 1.2, 2.5):
        begun = vault.begin("backup", "now", "--type", "full", "--no-wait")
        time.sleep(seconds)
        kill(begun.pid)
        begun.wait()
    done = vault.uz("backup", "now", "--type", "full")
    assert done.code == 0, done
    assert not (vault.root() / "run/backup-of-services").exists()


@pytest.mark.soak
def test_a_killed_shipper_goes_on_where_it_was(vault: Stage, site: Seaweed) -> None:
    kill(the_shipper(vault))
    at = datetime.now(UTC)
    assert holds_within(60, lambda: covered(vault) > at)
    assert [key for key, one in away(site).items() if one.overwritten] == []


def test_a_long_outage_stops_nothing_and_loses_nothing(vault: Stage, site: Seaweed) -> None:
    """Longer than six RPOs, with rows all the while, and `uz down` and `uz up` in the middle."""
    before = own(vault, "SELECT pg_walfile_name(pg_switch_wal())")
    assert site.process is not None
    site.process.send_signal(signal.SIGSTOP)  # it takes connections, and never answers
    try:
        rows = noted(vault, 0, 35)
        assert shipping(vault)["queue_files"] > 3
        taken = vault.uz("backup", "now", timeout=150)
        assert taken.code == 1, taken
        assert "not off-site yet" in taken.stdout
        assert "no answer" in taken.stdout or "does not answer" in taken.stdout
        rows = noted(vault, rows, 1)
        down = vault.uz("down")
        assert down.code == 0, down
        assert down.seconds < 20
    finally:
        site.process.send_signal(signal.SIGCONT)
        site.stop()
    vault.up()
    rows = noted(vault, rows, 35)
    assert shipping(vault)["error"]
    assert shipping(vault)["queue_files"] > 3
    here = logs_here(vault)
    site.start()
    at = datetime.now(UTC)
    assert holds_within(90, lambda: covered(vault) > at and shipping(vault)["queue_files"] == 0)
    there = away(site)
    assert here <= set(there)
    assert not_in_a_row([one for one in logs(there) if one >= number(before)]) == []
    late = sorted((logged(key), there[key].at) for key in here if logged(key) >= number(before))
    assert max(earlier(late), default=0.0) <= 2, "not in order"
    count = own(vault, "SELECT count(*) FROM notes WHERE text ~ '^outage-'")
    assert int(count) == rows
    assert vault.uz("backup", "list").code == 0


def noted(stage: Stage, first: int, seconds: float) -> int:
    """Write rows for so long, numbered from the first one on; none may fail or take long."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        at = time.monotonic()
        note(stage, f"outage-{first}")
        assert time.monotonic() - at < 3
        first += 1
        time.sleep(0.2)
    return first


def number(segment: str) -> int:
    """The place of a file of the log."""
    return int(segment[8:16], 16) * 256 + int(segment[16:24], 16)


def logged(key: str) -> int:
    """The place of the file of the log at a key."""
    return number(key.rsplit("/", 1)[-1])


def logs(there: dict[str, Stored]) -> list[int]:
    """The places of the log that are there."""
    return sorted({logged(key) for key in there if "/archive/" in key and key.endswith(".zst")})


def not_in_a_row(places: list[int]) -> list[int]:
    """Those that are missing between the first and the last."""
    return sorted(set(range(places[0], places[-1] + 1)) - set(places))


def earlier(late: list[tuple[int, datetime]]) -> Iterator[float]:
    """How many seconds a file came before one that is earlier in the log."""
    latest = late[0][1]
    for _, at in late:
        yield (latest - at).total_seconds()
        latest = max(latest, at)


def test_verify_finds_one_flipped_byte(vault: Stage) -> None:
    assert holds_within(60, lambda: not shipping(vault)["error"])
    well = vault.uz("backup", "verify")
    assert well.code == 0, well
    assert "objects read back" in well.stdout
    bundles = sorted((repository(vault) / "database/backup/main").glob("*F/bundle/1"))
    whole = bundles[-1].read_bytes()
    place = len(whole) // 2
    flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    bundles[-1].write_bytes(flipped)
    try:
        wrong = vault.uz("backup", "verify")
    finally:
        bundles[-1].write_bytes(whole)
    assert wrong.code == 1, wrong
    assert "wrong: database: " in wrong.stdout


@pytest.mark.soak
def test_only_with_the_keys_of_another_identity_old_ones_go(vault: Stage, site: Seaweed) -> None:
    keys = set(away(site))
    without = vault.uz("backup", "expire")
    assert without.code == 2, without
    assert "UZ_STORE_ACCESS_KEY" in without.stderr
    secret = site.keys["retention"].reveal().decode()
    done = vault.uz("backup", "expire", UZ_STORE_ACCESS_KEY="retention", UZ_STORE_SECRET_KEY=secret)
    assert done.code == 0, done
    assert "0 objects removed" in done.stdout
    assert keys <= set(away(site))


def test_it_ends_at_once_while_the_store_hangs(vault: Stage, site: Seaweed) -> None:
    pid = the_shipper(vault)
    assert site.process is not None
    site.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(RPO)  # it has begun to send
        begun = time.monotonic()
        kill(pid, signal.SIGTERM)
        assert holds_within(10, lambda: not psutil.pid_exists(pid) or _dead(pid))
        assert time.monotonic() - begun < 2
    finally:
        site.process.send_signal(signal.SIGCONT)


def _dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_log_that_was_dropped_is_told_and_a_new_backup_begins_a_new_chain(vault: Stage) -> None:
    gap = vault.root() / "data/database/archive-gap"
    gap.write_text(f"000000010000000000000001 {int(time.time())}\n")
    assert holds_within(60, lambda: shipping(vault)["gap_since"])
    assert holds_within(60, lambda: not gap.exists()), "no backup was taken by itself"
    assert holds_within(60, lambda: not shipping(vault)["gap_since"])
    log = vault.log("shipping.log")
    assert "the log of the database was dropped from" in log
    assert (
        'uz_backups_dropped_wal_files{app="tiny",environment="production"} 1\n'
        in vault.uz("backup", "metrics").stdout
    )

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from uz.backups.metrics import Job, Watched, exposition

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BARE = Watched("shop", "production", NOW)
FULL = replace(
    BARE,
    newest_offsite=NOW - timedelta(hours=3),
    newest_backup=NOW - timedelta(hours=2),
    backup_seconds=12.5,
    log_offsite=NOW - timedelta(seconds=42),
    shipped=NOW,
    queue_files=3,
    queue_bytes=4096,
    local_bytes=10**9,
    offsite_bytes=10**10,
    overwritten=0,
    disk_free=2**33,
    disk_low=False,
    failing=False,
    gap=True,
    dropped=7,
    encrypted=True,
    drill=NOW - timedelta(days=2),
    drill_seconds=99.25,
    jobs=(Job("backup", NOW, True), Job("drill", None, False)),
)
NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) .+")
TYPE = re.compile(rf"# TYPE ({NAME}) (gauge|counter)")
VALUE = r'"((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})\{{((?:{NAME}={VALUE},?)*)\}} (-?[0-9]+(?:\.[0-9]+)?)")
UNITS = ("_seconds", "_bytes", "_files", "_objects")
FLAGS = ("disk_low", "shipping_failing", "gap", "encrypted", "job_last_success")

Samples = dict[tuple[str, str], float]


def parsed(text: str) -> Samples:
    """Read it as strictly as Prometheus does: HELP, TYPE, then that metric's samples, no more."""
    found: Samples = {}
    seen: set[str] = set()
    assert text.endswith("\n")
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        told, kind = HELP.fullmatch(lines[place]), TYPE.fullmatch(lines[place + 1])
        assert told, lines[place]
        assert kind, lines[place + 1]
        assert told[1] == kind[1]
        assert told[1] not in seen
        seen.add(told[1])
        place += 2
        while place < len(lines) and not lines[place].startswith("#"):
            sample = SAMPLE.fullmatch(lines[place])
            assert sample, lines[place]
            assert sample[1] == told[1]
            assert (sample[1], sample[2]) not in found
            found[sample[1], sample[2]] = float(sample[4])
            place += 1
    return found


def value(samples: Samples, name: str, *labels: str) -> float:
    common = ('app="shop"', 'environment="production"', *labels)
    return samples[f"uz_backups_{name}", ",".join(common)]


def test_all_figures_are_told_in_seconds_and_bytes() -> None:
    samples = parsed(exposition(FULL))
    assert value(samples, "offsite_newest_timestamp_seconds") == NOW.timestamp() - 10800
    assert value(samples, "wal_lag_seconds") == 42
    assert value(samples, "last_duration_seconds") == 12.5
    assert value(samples, "queue_bytes") == 4096
    assert value(samples, "gap") == 1
    assert value(samples, "disk_low") == 0
    assert value(samples, "encrypted") == 1
    assert value(samples, "dropped_wal_files") == 7
    assert value(samples, "drill_duration_seconds") == 99.25
    assert value(samples, "job_last_success", 'job="backup"') == 1
    assert value(samples, "job_last_success", 'job="drill"') == 0
    assert value(samples, "job_last_end_timestamp_seconds", 'job="backup"') == NOW.timestamp()


def test_every_name_ends_in_what_it_counts() -> None:
    names = {name.removeprefix("uz_backups_") for name, _ in parsed(exposition(FULL))}
    assert [name for name in names if name not in FLAGS and not name.endswith(UNITS)] == []


def test_what_is_not_known_is_not_told() -> None:
    assert exposition(BARE) == ""
    samples = parsed(exposition(replace(BARE, queue_files=0)))
    assert [name for name, _ in samples] == ["uz_backups_queue_files"]


def test_log_from_the_future_has_no_lag() -> None:
    ahead = replace(BARE, log_offsite=NOW + timedelta(hours=1))
    assert value(parsed(exposition(ahead)), "wal_lag_seconds") == 0


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Zl", "Zp", "Cc"))))
def test_any_name_of_a_job_can_be_read_back(name: str) -> None:
    samples = parsed(exposition(replace(BARE, jobs=(Job(name + '"\\', NOW, True),))))
    assert len(samples) == 2

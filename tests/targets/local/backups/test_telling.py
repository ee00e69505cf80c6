from dataclasses import replace
from datetime import UTC, datetime, timedelta

from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.telling import told

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WELL = Shipping(offsite="s3://shop", succeeded_at=NOW)


def test_figures_that_always_change_are_not_in_it() -> None:
    later = replace(
        WELL, at=NOW, succeeded_at=NOW + timedelta(1), covered_at=NOW, queue_bytes=5, disk_free=7
    )
    assert told(WELL) == told(later) == "all is off-site, at s3://shop"


def test_an_error_is_told_with_what_to_do() -> None:
    wrong = replace(WELL, error="no answer\nmore", hint="Look.")
    assert told(wrong) == "nothing is sent: no answer (Look.)"
    assert told(replace(wrong, offsite="", hint="")) == "no answer"


def test_before_the_first_success_it_is_sending() -> None:
    assert told(Shipping(offsite="s3://shop")) == "sending"


def test_only_on_this_machine_is_said_loudly() -> None:
    assert "on this machine only" in told(Shipping())


def test_a_gap_a_full_disk_and_overwritten_objects_are_told_beside_it() -> None:
    all_of_it = replace(WELL, gap_since=NOW, disk_low=True, overwritten=("a/b", "c"))
    line = told(all_of_it)
    assert "dropped from 2026-11-26 12:00:00 UTC" in line
    assert "no backup is taken" in line
    assert "2 objects off-site were written over by somebody, such as a/b" in line


def test_a_bucket_that_protects_nothing_is_told() -> None:
    line = told(replace(WELL, unprotected=("versioning is off", "object lock is off")))
    assert line.endswith("protect what is in it: versioning is off, object lock is off")

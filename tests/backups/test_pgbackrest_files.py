import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.pgbackrest_files import changing, label_in, segment

FULL = "20261126-173451F"
DIGEST = "1a7de0bd3e10fcebe11770fd5f883388bbf12290"
LOG = "archive/main/15-1/0000000100000000"
NAME = "000000010000000000000001"
LABELS = st.sampled_from([FULL, f"{FULL}_20261126-173454I", f"{FULL}_20261201-000000D"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{LOG}/{NAME}-{DIGEST}.zst", NAME),
        (f"{LOG}/{NAME}-{DIGEST}", NAME),
        ("archive/main/15-1/00000002.history", "00000002.history"),
        (f"{LOG}/{NAME}.00000028.backup", ""),
        (f"{LOG}/{NAME}.partial-{DIGEST}.zst", ""),
        (f"{LOG}/{NAME}-{DIGEST}.zst.pgbackrest.tmp", ""),
        (f"backup/main/{FULL}/bundle/1", ""),
        ("archive/main/archive.info", ""),
    ],
)
def test_the_log_is_told_by_its_paths(path: str, name: str) -> None:
    assert segment(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "archive/main/archive.info",
        "archive/main/archive.info.copy",
        "backup/main/backup.info",
        "backup/main/backup.info.copy",
        "backup/main/latest",
        f"backup/main/{FULL}/backup.manifest.copy",
        f"backup/main/backup.history/2026/{FULL}.manifest.gz",
        f"backup/main/{FULL}/bundle/1.pgbackrest.tmp",
        f"{LOG}/{NAME}.00000028.backup",
        f"{LOG}/{NAME}.partial-{DIGEST}.zst",
        "cluster",
    ],
)
def test_what_changes_or_is_there_twice_stays(path: str) -> None:
    assert changing(path)


@given(LABELS, st.sampled_from(["backup.manifest", "bundle/1", "pg_data/backup_label.zst",
                                "pg_data/base/5/16384.zst"]))  # fmt: skip
def test_a_backups_own_files_belong_to_it_and_go(label: str, name: str) -> None:
    assert label_in(f"backup/main/{label}/{name}") == label
    assert not changing(f"backup/main/{label}/{name}")


@given(st.text())
def test_no_other_path_belongs_to_a_backup(path: str) -> None:
    assert label_in(path) == ""
    assert label_in(f"backup/main/{path}") == ""

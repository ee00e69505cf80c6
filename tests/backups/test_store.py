from datetime import UTC, datetime
from pathlib import Path

from uz.backups.s3 import S3Store
from uz.backups.store import Store, Stored
from uz.testing.folder_store import FolderStore


def test_an_object_that_nobody_wrote_over_says_so_by_itself() -> None:
    one = Stored("a", 1, datetime(2026, 1, 1, tzinfo=UTC))
    assert (one.version, one.overwritten) == ("", False)


def test_both_stores_have_all_that_a_store_has_to_have(tmp_path: Path) -> None:
    kept: Store = FolderStore(tmp_path)
    wanted = {name for name in vars(Store) if not name.startswith("_")}
    assert wanted == {"list", "put", "read", "fetch", "remove"}
    assert wanted <= set(dir(S3Store)) & set(dir(kept))

from uz.backups.backup import BackupKind


def test_a_backup_is_full_differential_or_incremental() -> None:
    assert list(BackupKind) == ["full", "differential", "incremental"]

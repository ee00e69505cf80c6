"""Whether a bucket protects what is in it from whoever may add."""

from datetime import timedelta
from typing import Any

from uz.backups.s3 import S3Store
from uz.backups.s3_errors import UNKNOWN, code_of
from uz.backups.store import Store
from uz.errors import StoreRefusedError

NO_LOCK = frozenset({"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"})


def lacks(store: Store, lock: timedelta) -> tuple[str, ...]:
    """What any store lacks of this; where that may not be asked, that is said. Raises StoreError
    where it does not answer."""
    if not isinstance(store, S3Store):
        return ()
    try:
        return unprotected(store, lock)
    except StoreRefusedError as error:
        return (f"whether it does could not be seen: {error}",)


def unprotected(store: S3Store, lock: timedelta) -> tuple[str, ...]:
    """What the bucket lacks, a line each: versions, and a lock at least as long.

    Raises StoreRefusedError where the identity may not look, and StoreError.
    """
    bucket, client = store.bucket.name, store.connection.client
    found: list[str] = []
    with store.connection.asking("how it is protected"):
        status = _asked(store, lambda: client.get_bucket_versioning(Bucket=bucket))
        if status.get("Status") != "Enabled":
            found.append("versioning is off: who may write may replace what is there")
        answer = _asked(store, lambda: client.get_object_lock_configuration(Bucket=bucket))
    kept = _kept(answer.get("ObjectLockConfiguration", {}))
    if kept is None and lock:
        found.append("object lock is off: what was added is not protected from deletion")
    elif kept is not None and kept < lock:
        found.append(
            f"object lock keeps for {kept / timedelta(days=1):g} days,"
            f" backups.lock asks for {lock / timedelta(days=1):g}"
        )
    return tuple(found)


def _asked(store: S3Store, ask: Any) -> dict[str, Any]:
    """An answer; an empty one where there is nothing of this, or the store does not know it."""
    try:
        return dict(ask())
    except store.connection.refusal as error:
        if code_of(error) not in NO_LOCK | UNKNOWN:
            raise
        return {}


def _kept(configuration: dict[str, Any]) -> timedelta | None:
    """How long what is added is kept by itself."""
    rule = configuration.get("Rule", {}).get("DefaultRetention", {})
    days = rule.get("Days", 0) + 365 * rule.get("Years", 0)
    return timedelta(days=days) if days else None

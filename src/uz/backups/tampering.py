"""Trying to destroy what is off-site with the machine's own credential: each try has to fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uz.backups.s3 import S3Store
from uz.backups.s3_errors import FORBIDDEN, code_of
from uz.backups.store import Store
from uz.errors import StoreError

PROBE = "probe"
"""What the key begins with that is tried: an object for that alone, left there."""
CONTENT = b"written by Uz to see that it can be neither removed nor replaced\n"
OVER = b"written over\n"
NO_RULE = [{"ID": "uz", "Status": "None", "Filter": {"Prefix": ""}}]
"""What no store takes for a rule, so that it replaces none where it is allowed."""


@dataclass(frozen=True)
class Attempt:
    """One try. `refused`: the store forbade it; `said` is what it answered."""

    name: str
    refused: bool
    said: str = ""


def attempts(store: Store) -> tuple[Attempt, ...]:
    """Try everything that would harm backups, on an object for that alone. Raises StoreError."""
    if not isinstance(store, S3Store):
        raise StoreError("only a store that speaks S3 can be tried")
    probe = _probe(store)
    place = {"Bucket": store.bucket.name, "Key": store.bucket.prefix + probe}
    version = {**place, "VersionId": store.list(probe)[probe].version}
    client, bucket = store.connection.client, {"Bucket": store.bucket.name}
    # each of these changes nothing where it is allowed: what is set is set already, or no policy
    tries: dict[str, Callable[[], Any]] = {
        "delete": lambda: client.delete_object(**place),
        "delete the version": lambda: client.delete_object(**version),
        "pass the lock": lambda: client.delete_object(**version, BypassGovernanceRetention=True),
        "set versioning": lambda: client.put_bucket_versioning(
            **bucket, VersioningConfiguration={"Status": "Enabled"}
        ),
        "set the policy": lambda: client.put_bucket_policy(**bucket, Policy="{}"),
        "have them expire": lambda: client.put_bucket_lifecycle_configuration(
            **bucket, LifecycleConfiguration={"Rules": NO_RULE}
        ),
    }
    found = tuple(_tried(store, name, act) for name, act in tries.items())
    if not all(one.refused for one in found):
        return found
    return (*found, _overwritten(store, probe, place))


def _probe(store: S3Store) -> str:
    """The object that is tried; another one where that was harmed before. Raises StoreError."""
    there = store.list(PROBE)
    for number in range(len(there) + 1):
        key = f"{PROBE}-{number}"
        if key not in there:
            store.put(key, CONTENT)
            return key
        if store.read(key) == CONTENT:
            return key
    raise StoreError(f"{store.bucket.title}: no object could be put there to be tried")


def _tried(store: S3Store, name: str, act: Callable[[], Any]) -> Attempt:
    try:
        with store.connection.asking(PROBE):
            try:
                act()
            except store.connection.refusal as error:
                if code_of(error) in FORBIDDEN:
                    return Attempt(name, True, code_of(error))
                raise
    except StoreError as error:
        return Attempt(name, False, f"not answered by a refusal: {error}")
    return Attempt(name, False, "allowed")


def _overwritten(store: S3Store, probe: str, place: dict[str, str]) -> Attempt:
    """Writing over may be allowed, where what was first written stays and counts."""
    name = "write over"
    if not store.list(probe)[probe].overwritten:  # once is enough: each leaves a version
        tried = _tried(store, name, lambda: store.connection.client.put_object(**place, Body=OVER))
        if tried.refused:
            return tried
    kept = store.list(probe)[probe].overwritten and store.read(probe) == CONTENT
    said = "the first version stays, and counts" if kept else "it is replaced"
    return Attempt(name, kept, said)

"""What each identity of an off-site store may do, as an S3 policy of one bucket and prefix."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Policy = dict[str, Any]

READS = ("s3:GetObject", "s3:GetObjectVersion")
LOOKS = ("s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration")
LISTS = ("s3:ListBucket", "s3:ListBucketVersions")
ADDS = ("s3:PutObject", "s3:AbortMultipartUpload")
REMOVES = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention")
NEVER = (
    *REMOVES,
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucket",
)
"""Denied in words as well: a broader policy of the same identity then allows none of it."""


def adder(bucket: str, prefix: str = "") -> Policy:
    """For this machine: it adds and reads, and can neither delete nor loosen what protects."""
    denied = {"Effect": "Deny", "Action": list(NEVER), "Resource": _all(bucket)}
    return _policy(bucket, prefix, (*READS, *ADDS), denied)


def reader(bucket: str, prefix: str = "") -> Policy:
    """For a restore elsewhere: it only reads."""
    return _policy(bucket, prefix, READS)


def retention(bucket: str, prefix: str = "") -> Policy:
    """For whoever removes what is older than it has to be kept; never on the machine itself."""
    return _policy(bucket, prefix, (*READS, *REMOVES))


POLICIES: Mapping[str, Callable[[str, str], Policy]] = MappingProxyType(
    {"adder": adder, "reader": reader, "retention": retention}
)
"""By the identity's name."""


def _policy(bucket: str, prefix: str, actions: tuple[str, ...], *more: Policy) -> Policy:
    below = f"{prefix}*" if prefix else "*"
    lists: Policy = {"Effect": "Allow", "Action": list(LISTS), "Resource": [_arn(bucket)]}
    if prefix:
        lists["Condition"] = {"StringLike": {"s3:prefix": [below]}}
    objects = [f"{_arn(bucket)}/{below}"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(actions), "Resource": objects},
            lists,
            {"Effect": "Allow", "Action": list(LOOKS), "Resource": [_arn(bucket)]},
            *more,
        ],
    }


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _all(bucket: str) -> list[str]:
    return [_arn(bucket), f"{_arn(bucket)}/*"]

"""What each identity may do, in words; that a store keeps to them is tried in test_s3.py."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.policies import NEVER, POLICIES, Policy, adder, reader, retention

OBJECT = "arn:aws:s3:::vault/shop/production/x"
BUCKET = "arn:aws:s3:::vault"


def allowed(policy: Policy, action: str, resource: str) -> bool:
    """Whether a policy allows it: allowed somewhere, and denied nowhere."""
    effects = {
        one["Effect"]
        for one in policy["Statement"]
        if action in one["Action"] and any(fnmatchcase(resource, to) for to in one["Resource"])
    }
    return effects == {"Allow"}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion"])
@pytest.mark.parametrize("make", POLICIES.values(), ids=POLICIES)
def test_everyone_reads(make: Callable[[str, str], Policy], action: str) -> None:
    assert allowed(make("vault", "shop/"), action, OBJECT)


def test_only_the_machine_adds_and_it_never_removes() -> None:
    who = {
        name: allowed(make("vault", ""), "s3:PutObject", OBJECT) for name, make in POLICIES.items()
    }
    assert who == {"adder": True, "reader": False, "retention": False}
    for action in NEVER:
        assert not allowed(adder("vault"), action, OBJECT)
        assert not allowed(adder("vault"), action, BUCKET)


def test_only_the_retention_removes() -> None:
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"):
        assert allowed(retention("vault"), action, OBJECT)
        assert not allowed(reader("vault"), action, OBJECT)


@given(st.sampled_from(sorted(POLICIES)), st.from_regex(r"([a-z]{1,5}/){0,3}", fullmatch=True))
def test_nothing_outside_the_prefix_is_allowed(name: str, prefix: str) -> None:
    policy = POLICIES[name]("vault", prefix)
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        assert not allowed(policy, action, "arn:aws:s3:::other/x")
        assert not prefix or not allowed(policy, action, "arn:aws:s3:::vault/0ther/x")
    assert json.loads(json.dumps(policy)) == policy


def test_below_a_prefix_only_that_may_be_listed() -> None:
    conditions = [one.get("Condition") for one in reader("vault", "shop/")["Statement"]]
    assert {"StringLike": {"s3:prefix": ["shop/*"]}} in conditions

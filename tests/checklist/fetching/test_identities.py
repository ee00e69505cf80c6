import time
from typing import Any

import jwt
from hypothesis import given
from hypothesis import strategies as st
from tests.checklist.fetching_stand import table

from uz.checklist.fetching.identities import right, wrong
from uz.checklist.fetching.tokens import Signer

SIGNER, OTHER = Signer(), Signer()
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True).filter(
    lambda name: name not in {"iss", "aud", "exp", "iat", "nbf"}
)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz/-*:", min_size=1, max_size=30)


def decoded(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@given(st.dictionaries(NAMES, WORDS, min_size=1, max_size=4))
def test_the_right_identity_says_all_that_the_table_asks_for(claims: dict[str, str]) -> None:
    good = right(table(claims=claims))
    assert claims.items() <= good.items()
    assert (good["iss"], good["aud"]) == ("https://127.0.0.1:1", "https://shop.example")
    now = time.time()
    assert good["nbf"] <= now < good["exp"]  # type: ignore[operator]


@given(st.dictionaries(NAMES, WORDS, min_size=1, max_size=4))
def test_no_wrong_identity_is_the_right_one(claims: dict[str, str]) -> None:
    pipeline = table(claims=claims)
    good = SIGNER.signed(right(pipeline))
    found = wrong(pipeline, SIGNER, OTHER)
    assert len(set(found.values())) == len(found) == 4 * len(claims) + 12
    assert good not in found.values()


def test_every_claim_is_tried_in_each_way() -> None:
    found = wrong(table(), SIGNER, OTHER)
    assert decoded(found["another ref"])["ref"] != "refs/heads/main"
    assert decoded(found["a longer ref"])["ref"].startswith("refs/heads/main-")
    assert "ref" not in decoded(found["no ref"])
    assert decoded(found["ref as one of several"])["ref"][0] == "refs/heads/main"
    assert decoded(found["another repository"])["ref"] == "refs/heads/main"


def test_expired_is_later_than_clocks_differ_and_sooner_than_the_default_leeway() -> None:
    ago = time.time() - decoded(wrong(table(), SIGNER, OTHER)["expired"])["exp"]
    assert 5 < ago < 60


def test_a_bound_subject_is_tried_too() -> None:
    pipeline = table(claims={"sub": "repo:acme/shop:ref:refs/heads/main"})
    assert right(pipeline)["sub"] == "repo:acme/shop:ref:refs/heads/main"
    assert "another sub" in wrong(pipeline, SIGNER, OTHER)

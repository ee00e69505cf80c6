"""The identity that `[pipeline]` lets in, and every way to be almost the same."""

import time
from collections.abc import Iterator, Mapping

from uz.checklist.fetching.tokens import Claims, Signer
from uz.spec import Pipeline

LIFETIME = 300
"""Seconds that an identity token is good for, as those of GitHub are."""
EXPIRED = 30
"""Seconds since the end of an expired one: OpenBao would still take it by default."""
EARLY = 120
"""Seconds until the beginning of one that is not valid yet."""
ELSE = "uz-proof-of-another"


def right(pipeline: Pipeline) -> dict[str, object]:
    """The claims of the identity that has to be let in."""
    now = int(time.time())
    return {
        "sub": ELSE,
        **pipeline.claims,
        "iss": pipeline.issuer,
        "aud": pipeline.audience,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
    }


def wrong(pipeline: Pipeline, signer: Signer, other: Signer) -> Mapping[str, str]:
    """Tokens that have to be refused, by what is wrong with them."""
    good = right(pipeline)
    found = {what: signer.signed(claims) for what, claims in _claims(pipeline, good)}
    return found | {
        "signed by another key": other.signed(good),
        "unsigned": signer.unsigned(good),
        "signed with the public key as a password": signer.confused(good),
        "changed after it was signed": signer.altered(good | {"sub": "another"}, good),
    }


def _claims(pipeline: Pipeline, good: dict[str, object]) -> Iterator[tuple[str, Claims]]:
    for name, value in pipeline.claims.items():
        yield f"another {name}", good | {name: ELSE}
        yield f"a longer {name}", good | {name: f"{value}-{ELSE}"}
        yield f"no {name}", _without(good, name)
        yield f"{name} as one of several", good | {name: [value, ELSE]}
    yield "another audience", good | {"aud": ELSE}
    yield "no audience", _without(good, "aud")
    yield "another issuer", good | {"iss": "https://uz-proof-of-another.invalid"}
    yield "no issuer", _without(good, "iss")
    yield from _times(good)


def _times(good: dict[str, object]) -> Iterator[tuple[str, Claims]]:
    now = int(time.time())
    past = now - LIFETIME - EXPIRED
    yield "expired", good | {"iat": past, "nbf": past, "exp": now - EXPIRED}
    yield "not valid yet", good | {"iat": now + EARLY, "nbf": now + EARLY, "exp": now + LIFETIME}
    yield "without an end", _without(good | {"iat": now - EXPIRED, "nbf": now - EXPIRED}, "exp")
    yield "without any time", _without(good, "iat", "nbf", "exp")


def _without(claims: Claims, *names: str) -> Claims:
    return {name: value for name, value in claims.items() if name not in names}

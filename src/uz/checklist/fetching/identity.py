"""The experiment with identities: the right one gets in for minutes, and no other."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, isfinite
from typing import Any

import hvac

from uz.checklist.fetching.identities import right, wrong
from uz.checklist.fetching.mirror import MIRROR, enter, mirrored, remove
from uz.checklist.fetching.reach import NO_PIPELINE, elsewhere, missing, opened
from uz.checklist.fetching.tokens import Signer
from uz.environment import Environment
from uz.managers.pipeline import MOUNT, ROLE
from uz.spec import Kind, Pipeline
from uz.verdict import Figure, State, Verdict, proven, refuted, unknown

HOUR = 3600
"""Seconds that what a pipeline gets may be good for at most: longer than a deploy takes."""
LONGER = "720h"
"""What a token is asked to be renewed for."""
SILENT = "the issuer does not answer OpenBao, so nobody could get in"
NOTHING = "uz-proof-of-nothing"
"""A secret that is nowhere, to be tried on."""
TOLD = 4
"""Of what got in and should not have, so many are named."""


def identity(env: Environment) -> Verdict:
    """Try the right identity and each wrong one."""
    if verdict := elsewhere(env):
        return verdict
    client, prefix = opened(env)
    remove(client)
    role = client.read(f"auth/{MOUNT}/role/{ROLE}")
    pipeline = env.spec.pipeline
    if pipeline is None:
        return missing(NO_PIPELINE) if role is None else refuted(_unasked(env))
    if role is None:
        return refuted(f"OpenBao has no role {ROLE}, so no pipeline gets in: `uz up` makes it")
    config = client.read(f"auth/{MOUNT}/config")["data"]
    if why := _untrustworthy(client, pipeline, config):
        return refuted(why)
    tried = _tried(client, prefix, pipeline, role["data"], config)
    if tried.state is State.PROVEN and not tried.figures["issuer_answers"]:
        return _unanswered(env, tried)
    return tried


def _unanswered(env: Environment, tried: Verdict) -> Verdict:
    """What a mirror shows is no use where OpenBao gets no keys to check real tokens by."""
    if env.stands_for is Kind.PRODUCTION:
        return unknown(SILENT, **tried.figures)
    return replace(tried, reason=f"{tried.reason}; but {SILENT}")


def _unasked(env: Environment) -> str:
    return (
        f"the OpenBao of {env.name} lets a pipeline in by the role {ROLE}, and uz.toml has no"
        " [pipeline]: `uz up` takes it away"
    )


def _untrustworthy(client: hvac.Client, pipeline: Pipeline, config: dict[str, Any]) -> str:
    """Why others than the issuer could make tokens, or nothing."""
    others = sorted(set(client.list(f"auth/{MOUNT}/role")["data"]["keys"]) - {ROLE})
    if others:
        return f"there is another way in than {ROLE}: the role {others[0]} at auth/{MOUNT}"
    if config["oidc_discovery_url"] != pipeline.issuer:
        return f"OpenBao does not take its keys from {pipeline.issuer}, but from elsewhere"
    return ""


def _tried(
    client: hvac.Client,
    prefix: str,
    pipeline: Pipeline,
    role: dict[str, Any],
    config: dict[str, Any],
) -> Verdict:
    signer = Signer()
    good = signer.signed(right(pipeline))
    tokens = wrong(pipeline, signer, Signer())
    with mirrored(client, role, config["bound_issuer"], signer.public_key):
        given = enter(client, MIRROR, good)
        taken = [what for what, token in tokens.items() if enter(client, MIRROR, token)]
        lasting = _lasting(client, given) if given else 0.0
        unable = _unable(client, prefix, given["client_token"]) if given else ""
    if enter(client, MOUNT, good):
        taken.append("a key of the proof's, at the role itself")
    figures: dict[str, Figure] = {
        "wrong_identities": len(tokens) + 1,
        "let_in": len(taken),
        "token_s": lasting if isfinite(lasting) else "no end",
        "issuer_answers": config.get("status") == "valid",
    }
    if why := _judged(pipeline, taken, lasting, unable, entered=given is not None):
        return refuted(why, **figures)
    return proven(_summary(pipeline, lasting, len(tokens)), domains=(), **figures)


def _summary(pipeline: Pipeline, lasting: float, number: int) -> str:
    return (
        f"the right identity gets a token for {lasting:g} s, and {number} wrong ones are refused"
        f" (tried on a mirror of the role {ROLE} with a key of the proof, as only"
        f" {pipeline.issuer} can sign its tokens; the role itself refuses that key)"
    )


def _judged(
    pipeline: Pipeline, taken: list[str], lasting: float, unable: str, *, entered: bool
) -> str:
    """What does not hold, or nothing."""
    if taken:
        more = f" and {len(taken) - TOLD} more" if len(taken) > TOLD else ""
        return f"let in, and should not be: {', '.join(taken[:TOLD])}{more}"
    if not entered:
        return "the identity that [pipeline] describes is refused"
    if not isfinite(lasting):
        return "what the pipeline gets can be renewed again and again, without an end"
    allowed = pipeline.token_lifetime.total_seconds()
    if lasting > max(allowed, 1):
        return f"what the pipeline gets is good for {lasting:.0f} s, and uz.toml says {allowed:g} s"
    if lasting > HOUR:
        return f"what the pipeline gets is good for {lasting:.0f} s: an hour is enough for a deploy"
    return unable


def _lasting(client: hvac.Client, given: dict[str, Any]) -> float:
    """For how many seconds a token is good, renewed as far as it can be."""
    first = float(given["lease_duration"])
    if not given["renewable"]:
        return first
    asked = {"accessor": given["accessor"], "increment": LONGER}
    renewed = client.write_data("auth/token/renew-accessor", data=asked)
    found = client.auth.token.lookup_accessor(given["accessor"])["data"]
    if found.get("period") and not found["explicit_max_ttl"]:
        return inf  # each renewal is for the period, and they are not counted
    return max(first, float(renewed["auth"]["lease_duration"]))


def _unable(client: hvac.Client, prefix: str, token: str) -> str:
    """Why a token is no use for fetching secrets, or for more than that; nothing where it fits.

    Names are asked for, and what is not there: no value.
    """
    mount, _, folder = prefix.partition("/")
    store, nothing = client.secrets.kv.v2, f"{folder}/backups/{NOTHING}"
    too_much: dict[str, Callable[[], object]] = {
        "list all tokens": client.auth.token.list_accessors,
        "destroy secrets": lambda: store.destroy_secret_versions(nothing, [1], mount_point=mount),
        "read what opens the backups": lambda: store.read_secret_version(
            nothing, mount_point=mount, raise_on_deleted_version=True
        ),
    }
    before, client.token = client.token, token
    try:
        if not _may(lambda: store.list_secrets(folder, mount_point=mount)):
            return f"what the pipeline gets does not open the secrets below {prefix}"
        able = [what for what, ask in too_much.items() if _may(ask)]
    finally:
        client.token = before
    if not able:
        return ""
    return f"what the pipeline gets opens more than the secrets: it can {', '.join(able)}"


def _may(ask: Callable[[], object]) -> bool:
    """Whether it is allowed, be there anything or not."""
    try:
        ask()
    except hvac.exceptions.Forbidden:
        return False
    except hvac.exceptions.InvalidPath:
        return True
    return True

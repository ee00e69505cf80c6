"""Letting a pipeline in: its CI's identity token is changed for a token of OpenBao, for minutes.

https://openbao.org/api-docs/auth/jwt says what can be set. OpenBao writes only what it is given, so
everything that decides who gets in is given, and compared, each time.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import hvac
import requests

from uz.managers.rights import DEPLOY
from uz.managers.vault_errors import OWN, errors
from uz.spec import Pipeline

MOUNT, ROLE = "jwt", DEPLOY
"""Where pipelines log in, and the one role there."""
CONFIG = f"/v1/auth/{MOUNT}/config"
TO_BE_TOLD = {"skip_jwks_validation": True}
"""An issuer that does not answer is set all the same, and told."""
CLOCKS_DIFFER = 5
"""Seconds by which the clocks of the CI and of this machine may differ. 0 would mean 60."""
NEVER = -1
"""No grace for a token that does not say when it begins or ends. 0 would mean 150 seconds."""
PATIENCE, LONGEST = 3.0, 60.0
"""Seconds to wait for OpenBao, which asks the issuer: to be told what is set, and to set it."""
ELSE: Mapping[str, Any] = {"data": {}}
SILENT: Mapping[str, Any] = {"data": {}, "warnings": (f"nothing within {PATIENCE:g} s",)}


def configure(client: hvac.Client, pipeline: Pipeline, authority_pem: str, policy: str) -> str:
    """Let the pipeline in exactly as `uz.toml` says; return what is to be told, else nothing.

    Writes only what differs. An issuer that OpenBao cannot reach is no error: it is told, and
    nobody gets in before it answers. `authority_pem`: the issuer's CA, empty for the public ones.
    """
    with errors(f"{OWN} at {client.url}"):
        known = client.sys.list_auth_methods()["data"].get(f"{MOUNT}/")
        if known is None:
            client.sys.enable_auth_method("jwt", path=MOUNT)
        _allow(client, role(pipeline, policy))
        noted = "" if known is None else known["description"]
        why = _trust(client, trusted(pipeline, authority_pem), noted)
    if not why:
        return ""
    return f"{pipeline.issuer} does not answer OpenBao ({why}): no pipeline gets in until it does"


def unconfigure(client: hvac.Client) -> bool:
    """Let no pipeline in any more, and end what those had got; return whether one was let in."""
    with errors(f"{OWN} at {client.url}"):
        if f"{MOUNT}/" not in client.sys.list_auth_methods()["data"]:
            return False
        client.sys.disable_auth_method(MOUNT)
    return True


def role(pipeline: Pipeline, policy: str) -> dict[str, Any]:
    """Who gets in, and what for how long: all that decides it, not only what is asked for."""
    seconds = max(1, int(pipeline.token_lifetime.total_seconds()))  # 0 would mean 32 days
    return {
        "role_type": "jwt",
        "user_claim": "sub",
        "user_claim_json_pointer": False,
        "groups_claim": "",
        "bound_subject": "",
        "bound_audiences": [pipeline.audience],
        "bound_claims": dict(pipeline.claims),
        "bound_claims_type": "string",
        # a list with the right value among others would do, but for this: only text can be copied
        "claim_mappings": {name: f"claim_{name}" for name in pipeline.claims if name != "aud"},
        "clock_skew_leeway": CLOCKS_DIFFER,
        "expiration_leeway": NEVER,
        "not_before_leeway": NEVER,
        "max_age": 0,
        "token_type": "service",
        "token_policies": [policy],
        "token_policies_template_claims": False,
        "token_no_default_policy": True,
        "token_ttl": seconds,
        "token_max_ttl": seconds,
        "token_explicit_max_ttl": seconds,
        "token_period": 0,
        "token_num_uses": 0,
        "token_bound_cidrs": [],
    }


def trusted(pipeline: Pipeline, authority_pem: str) -> dict[str, Any]:
    """Whose signature counts: the issuer's keys, which OpenBao fetches itself."""
    return {
        "oidc_discovery_url": pipeline.issuer,
        "oidc_discovery_ca_pem": authority_pem,
        "bound_issuer": pipeline.issuer,
        "default_role": "",
        "oidc_client_id": "",
        "jwks_url": "",
        "jwt_validation_pubkeys": [],
        "jwt_supported_algs": [],
        "override_allowed_server_names": [],
    }


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Which settings are not as wanted; nothing, an empty text and an empty list are the same."""
    return tuple(
        key for key, value in wanted.items() if (found.get(key) or None) != (value or None)
    )


def _allow(client: hvac.Client, wanted: dict[str, Any]) -> None:
    path = f"auth/{MOUNT}/role/{ROLE}"
    found = client.read(path)
    if found is None or differences(found["data"], wanted):
        client.write_data(path, data=wanted)


def _trust(client: hvac.Client, wanted: dict[str, Any], noted: str) -> str:
    """Set the issuer where it is not set; return why it does not answer, if it does not."""
    mark = _mark(wanted)
    found = _found(client) if noted == mark else ELSE
    if found is not SILENT and differences(found["data"], wanted):
        client.adapter.post(CONFIG, json={**wanted, **TO_BE_TOLD}, timeout=LONGEST)
        client.sys.tune_auth_method(MOUNT, description=mark)
        found = _found(client)
    return "" if found["data"].get("status") == "valid" else _reason(found)


def _found(client: hvac.Client) -> Mapping[str, Any]:
    """What is set, and whether its issuer answers: OpenBao asks it before it says anything."""
    try:
        found: dict[str, Any] = client.adapter.get(CONFIG, timeout=PATIENCE)
    except requests.Timeout:
        return SILENT
    return found


def _reason(answer: Mapping[str, Any]) -> str:
    """The end of what OpenBao says, which is why: such as `connection refused`."""
    warnings = answer.get("warnings") or ["no reason given"]
    return " ".join(str(warnings[0]).rsplit(": ", 1)[-1].split())[:200]


def _mark(wanted: Mapping[str, Any]) -> str:
    """What is noted beside the mount: which settings it has, to be told without the issuer."""
    text = json.dumps(wanted, sort_keys=True)
    return f"pipelines, as uz.toml says ({hashlib.sha256(text.encode()).hexdigest()[:12]})"

"""Item 5: the TLS settings are strong, by an independent scanner's judgement, and HSTS is sent."""

import re
from contextlib import AbstractContextManager
from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.checklist.sslyze import Scan, scan
from uz.environment import Environment
from uz.evidence import Effect
from uz.traffic import Visitor
from uz.verdict import Figure, Verdict, proven, refuted, unknown

TWO_YEARS = 63_072_000
"""Seconds; what Mozilla's guidelines ask of HSTS."""
HSTS_PATHS = ("/", "/no/such/page-for-uz")
TOO_LONG = "/" + "x" * 20_000
"""A request line beyond nginx's buffers: nginx itself answers, with an error."""

CBC_SUITES = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
"""Suites without authenticated encryption, and the only ones that TLS 1.1 can use: with either
kind of key, so that a control works whatever certificate the edge has."""


class TlsStrong:
    """Old protocols and weak ciphers are refused, and browsers are told to stay on HTTPS.

    Settings in a file prove little: defaults of the library, another server block or an upgrade may
    win over them. So an independent scanner (sslyze) dials the edge and compares what it is offered
    with Mozilla's intermediate profile; and HSTS is looked for on answers of every kind, errors
    included, since one answer without it is enough for an attacker to begin with.
    """

    id = "tls.strong"
    line = "strong TLS settings and HSTS"
    fix = "Keep the edge's TLS settings as rendered; `uz render --check` shows what differs."
    needs: tuple[str, ...] = ()
    inputs = ("edge",)
    max_age = timedelta(days=30)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The scan, and HSTS."""
        return (
            Experiment("intermediate", Effect.PROBE, "sslyze agrees with Mozilla", intermediate),
            Experiment("hsts", Effect.PROBE, "every answer carries HSTS", hsts),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a server block that is weaker in one point."""
        return (
            Control("old-protocol", "TLS 1.1 is offered", "intermediate", old_protocol),
            Control("weak-cipher", "a CBC cipher is offered", "intermediate", weak_cipher),
            Control("no-hsts", "HSTS is not sent", "hsts", no_hsts),
            Control("short-hsts", "HSTS for a day only", "hsts", short_hsts),
            Control("hsts-not-on-errors", "HSTS missing on errors", "hsts", hsts_not_on_errors),
        )


def intermediate(env: Environment) -> Verdict:
    """Have sslyze judge the edge."""
    found: Scan = scan(env.address("edge"), env.spec.app.domain, env.authority())
    if found.problem:
        return unknown(f"sslyze: {found.problem}")
    figures: dict[str, Figure] = {
        "protocols": ", ".join(found.protocols),
        "cipher_suites": found.cipher_suites,
        "scanner": found.version,
    }
    if found.deviations:
        return refuted("; ".join(found.deviations[:3]), **figures)
    if not found.protocols:
        return unknown("sslyze: it saw no protocol at all", **figures)
    old = [name for name in found.protocols if name not in {"TLS 1.2", "TLS 1.3"}]
    if old:
        return refuted(f"offers {', '.join(old)}", **figures)
    return proven(
        f"Mozilla intermediate by sslyze: {' and '.join(found.protocols)},"
        f" {found.cipher_suites} cipher suites",
        domains=env.failure_domains(),
        **figures,
    )


def hsts(env: Environment) -> Verdict:
    """Look for HSTS on answers of the app, on its errors and on the edge's own errors."""
    visitor = Visitor(env.address("edge"), env.spec.app.domain, env.authority())
    ages: list[int] = []
    seen: list[int] = []
    try:
        for path in (*HSTS_PATHS, TOO_LONG):
            answer = visitor.get(path, keep_alive=False)
            if not answer.status:
                return unknown(f"{env.spec.url} does not answer: {answer.error}")
            value = answer.headers.get("strict-transport-security", "")
            age = re.search(r"max-age=(\d+)", value)
            if not age:
                return refuted(f"no HSTS on GET {path[:30]} ({answer.status})")
            ages.append(int(age[1]))
            seen.append(answer.status)
    finally:
        visitor.close()
    figures: dict[str, Figure] = {
        "max_age_s": min(ages),
        "answers": len(ages),
        "statuses": ", ".join(map(str, seen)),
    }
    if min(ages) < TWO_YEARS:
        return refuted(f"HSTS for {min(ages)} s only, two years are {TWO_YEARS} s", **figures)
    return proven(
        f"HSTS for {min(ages) / 31_536_000:.0f} years on {len(ages)} of {len(ages)} answers",
        domains=env.failure_domains(),
        **figures,
    )


def old_protocol(env: Environment) -> AbstractContextManager[None]:
    """Offer TLS 1.1: with today's OpenSSL that also takes the lowest security level."""

    def weaken(text: str) -> str:
        text = text.replace("ssl_protocols TLSv1.2", "ssl_protocols TLSv1.1 TLSv1.2")
        return re.sub(r"ssl_ciphers (\S+);", rf"ssl_ciphers \1:{CBC_SUITES}:@SECLEVEL=0;", text)

    return env.amended("edge/nginx.conf", weaken)


def weak_cipher(env: Environment) -> AbstractContextManager[None]:
    """Offer cipher suites without authenticated encryption."""
    return _substituted(
        env,
        "edge/nginx.conf",
        r"ssl_ciphers (\S+);",
        rf"ssl_ciphers \1:{CBC_SUITES};",
    )


def no_hsts(env: Environment) -> AbstractContextManager[None]:
    """Send no HSTS at all."""
    return _substituted(
        env, "edge/headers.conf", r"add_header Strict-Transport-Security [^\n]*\n", ""
    )


def short_hsts(env: Environment) -> AbstractContextManager[None]:
    """Send HSTS for one day."""
    return _substituted(env, "edge/headers.conf", r"max-age=\d+", "max-age=86400")


def hsts_not_on_errors(env: Environment) -> AbstractContextManager[None]:
    """Send HSTS with good answers only, which is nginx's default without `always`."""
    return _substituted(
        env,
        "edge/headers.conf",
        r'(add_header Strict-Transport-Security "[^"]*") always;',
        r"\1;",
    )


def _substituted(
    env: Environment, path: str, pattern: str, by: str
) -> AbstractContextManager[None]:
    return env.amended(path, lambda text: re.sub(pattern, by, text))

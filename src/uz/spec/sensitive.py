"""What looks like a secret: by its name, or by its value.

A guess, made for variables of apps. It errs towards a secret: a setting that is taken for one is
named in `plain_env`, and nothing is lost.
"""

import re
from collections.abc import Mapping
from math import log2
from types import MappingProxyType

AFTER = (
    r"(?:_(?:V?\d+|OLD|NEW|NEXT|PREVIOUS|PROD|PRODUCTION|STAGING|DEV|TEST|LIVE|BASE|B64|BASE64))*$"
)
"""What may follow the word that tells; other words make it something else, as in `TOKEN_URL`."""
STRONG = re.compile(
    r"(?:PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|TOKENS?|APIKEY|(?:^|_)(?:PASS|PWD|PEPPER|PAT"
    r"|CREDENTIALS?|(?:PRIVATE|API|ACCESS|SECRET|SIGNING|ENCRYPTION|AUTH|SESSION|MASTER)_KEYS?))"
    + AFTER
)
"""Names that say secret, whatever the value is like."""
WEAK = re.compile(r"(?:^|_)(?:KEYS?|DSN|SALT|AUTH)" + AFTER)
"""Names that say secret where the value is like one."""
PUBLIC = re.compile(
    r"^(?:NEXT_PUBLIC|VITE|REACT_APP|NUXT_PUBLIC|PUBLIC|MAX|MIN)_|(?:^|_)(?:PUBLIC|PUBLISHABLE|SITE"
    r"|CACHE|PARTITION|PRIMARY|FOREIGN|SORT)_KEY|^(?:OLD)?PWD$"
)
"""Names of what every browser gets to see, of keys that open nothing, and of a shell's folder."""
VALUES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "a private key": re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
        "an address with a password": re.compile(
            r"[a-z][a-z0-9+.-]{0,30}://[^/\s:@]{0,200}:[^/\s@]+@"
        ),
        "a connection string with a password": re.compile(
            r"(?i)(?:^|;)\s*(?:password|pwd|accountkey|sharedaccesskey)\s*=\s*[^;\s]"
        ),
        "an address that is a secret itself": re.compile(
            r"https://(?:hooks\.slack\.com/(?:services|workflows)/\S|"
            r"(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d|[\w.-]+\.webhook\.office\.com/\S)"
        ),
        "a key of Stripe": re.compile(r"\b(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/]{10,}"),
        "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        "a key of Google": re.compile(r"\b(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,})"),
        "a key of SendGrid": re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
        "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
        "a token of GitLab": re.compile(r"\bgl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,}"),
        "a token of Slack": re.compile(r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}"),
        "a token of a package registry": re.compile(r"\b(?:npm_[A-Za-z0-9]{36}|pypi-Ag[\w-]{30,})"),
        "a token of Vault": re.compile(r"\b(?:hv[sbr]|b|s)\.[A-Za-z0-9_-]{24,}$"),
        "an age key": re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
        "a secret key": re.compile(r"(?:^|\s)sk-[\w-]{20,}"),
        "a signed token": re.compile(r"\beyJ[\w-]{8,300}\.eyJ[\w-]{8,4000}\.[\w-]{8}"),
    }
)
INNOCENT = re.compile(
    r"(?i:true|false|yes|no|on|off|none|null|enabled|disabled|default)|"
    r"(?:~|\.{1,2})?(?:/[a-z0-9._-]+)+/?|[a-z][a-z0-9+.-]*://[^@\s]*"
)
"""Values that are no secrets, whatever the name says: a switch, a path, an address."""
DRAWN = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d.*\d)[\w+/-]{32,}={0,2}", re.ASCII)
FEWEST = 8
"""Characters: shorter ones are no secrets, and would be found everywhere."""
RANDOM = 3.0
"""Bits of entropy a character: words of a language have less at the length of a key."""
RANDOM_ALONE = 4.2
"""The same where no name tells: 32 random characters have about 4.6, long words less than 4."""


def why_secret(name: str, value: str) -> str:
    """Why a variable seems to hold a secret; empty where it does not."""
    for what, pattern in VALUES.items():
        if pattern.search(value):
            return what
    if len(value) < FEWEST or PUBLIC.search(name.upper()):
        return ""
    if not INNOCENT.fullmatch(value):
        if STRONG.search(name.upper()):
            return "its name"
        if WEAK.search(name.upper()) and entropy(value) >= RANDOM:
            return f"its name, and {len(value)} characters as if drawn at random"
    if DRAWN.fullmatch(value) and entropy(value) >= RANDOM_ALONE:
        return f"{len(value)} characters as if drawn at random"
    return ""


def too_short(name: str, value: str) -> bool:
    """Whether a variable is named as a secret is, and its value is too short to be one."""
    return named(name) and 0 < len(value) < FEWEST and not INNOCENT.fullmatch(value)


def named(name: str) -> bool:
    """Whether a name says secret, whatever the value is like."""
    return bool(STRONG.search(name.upper())) and not PUBLIC.search(name.upper())


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits for each."""
    shares = [text.count(one) / len(text) for one in set(text)]
    return -sum(share * log2(share) for share in shares)

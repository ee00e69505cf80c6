import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.spec.sensitive import FEWEST, entropy, too_short, why_secret

DRAWN = "q7Xv" + "2mPz" + "9KdLw4Rt"
"""Made up for these tests, and in pieces, so that no scanner takes it for a secret."""


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE"),
        ("an address with a password", "postgresql://app:" + "hunter2@db.example/app"),
        ("an address with a password", "redis://:" + "hunter2@cache.example:6379/0"),
        ("a connection string with a password", "Server=db;User Id=app;Password=" + "hunter2;"),
        ("an address that is a secret itself", "https://hooks.slack.com/" + "services/T0/B0/x"),
        ("a key of Stripe", "sk_" + "live_4eC39HqLyjWDarjtT1"),
        ("a key of AWS", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("a key of Google", "AIza" + "SyA-0123456789abcdefghijklmnopqrstu"),
        ("a token of GitHub", "ghp_" + "a1B2" * 9),
        ("a token of GitLab", "glpat-" + "a1B2" * 5),
        ("a token of Slack", "xoxb-" + "1234567890-abcdef"),
        ("a token of Vault", "hvs." + "a1B2" * 8),
        ("an age key", "AGE-SECRET-" + "KEY-1" + "Q7XV" * 14),
        ("a signed token", "eyJ" + "aaaaaaaa" * 2 + ".eyJ" + "bbbbbbbb" * 2 + "." + "cccccccc"),
    ],
)
def test_a_value_of_a_known_kind_is_told_whatever_its_name(what: str, value: str) -> None:
    assert why_secret("SETTING", value) == what


@pytest.mark.parametrize(
    "name",
    ["PASSWORD", "PGPASSWORD", "DB_PASS", "JWT_SECRET", "SECRET_KEY_BASE", "API_KEY", "API_TOKEN_2",
     "STRIPE_API_KEY_OLD", "SESSION_KEY", "AWS_SECRET_ACCESS_KEY", "smtp_password"],
)  # fmt: skip
def test_a_name_that_says_secret_is_believed_even_of_a_weak_value(name: str) -> None:
    assert why_secret(name, "changeme") == "its name"


@pytest.mark.parametrize(
    "name",
    ["TOKEN_LIFETIME", "PASSWORD_HASHER", "SECRET_NAME", "API_KEY_HEADER", "TOKEN_ISSUER_NAME",
     "KEYBOARD_LAYOUT", "MONKEY", "COMPASS", "BYPASS", "CACHE_KEY", "PRIMARY_KEY",
     "NEXT_PUBLIC_MAP_TOKEN", "STRIPE_PUBLISHABLE_KEY", "MAX_TOKENS", "AUTHOR",
     "PWD", "OLDPWD"],
)  # fmt: skip
def test_a_name_that_only_holds_such_a_word_is_not(name: str) -> None:
    assert why_secret(name, DRAWN) == ""
    assert not too_short(name, "short")


@pytest.mark.parametrize(
    "value",
    ["disabled", "DISABLED", "/run/secrets/db", "./keys/app.pem", "https://id.example/token",
     "~/keys/app.pem"],
)  # fmt: skip
def test_a_switch_a_path_or_an_address_is_no_secret(value: str) -> None:
    assert why_secret("API_TOKEN", value) == ""
    assert why_secret("SIGNING_KEY", value) == ""


def test_a_vague_name_counts_where_the_value_seems_drawn_at_random() -> None:
    assert why_secret("APP_KEY", DRAWN) == "its name, and 16 characters as if drawn at random"
    assert why_secret("APP_KEY", "session-") == ""
    assert why_secret("SENTRY_DSN", "https://0123456789abcdef@o1.ingest.example/2") != ""


def test_a_value_drawn_at_random_is_told_without_a_name() -> None:
    drawn = DRAWN + "Yb6Nc8Hs" + "1GfTj5Ue0AiQ"
    assert why_secret("THING", drawn) == "36 characters as if drawn at random"
    assert why_secret("BACKEND", "django.contrib.auth.backends.ModelBackend2") == ""
    assert why_secret("REVISION", "9fceb02d0ae598e95dc970b74767f19372d61af8") == ""
    assert why_secret("BUILD", "123e4567-e89b-12d3-a456-426614174000") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_LEVEL", "info"), ("DEBUG", "true"), ("ALLOWED_HOSTS", "a.example,b.example"),
     ("SITE_URL", "https://shop.example:8443/@me"), ("GREETING", "Hello, and welcome to the shop!"),
     ("AWS_REGION", "eu-central-1"), ("EMPTY", "")],
)  # fmt: skip
def test_settings_are_settings(name: str, value: str) -> None:
    assert (why_secret(name, value), too_short(name, value)) == ("", False)


@pytest.mark.parametrize("value", ["abc", "1234", "hunter2"])
def test_one_named_as_a_secret_below_eight_characters_is_too_short(value: str) -> None:
    assert too_short("DB_PASSWORD", value)
    assert why_secret("DB_PASSWORD", value) == ""


def test_empty_and_switched_off_are_not_too_short() -> None:
    assert not too_short("DB_PASSWORD", "")
    assert not too_short("USE_TOKEN", "false")


@given(st.text(max_size=40), st.text(max_size=80))
def test_no_reason_tells_the_value(name: str, value: str) -> None:
    why = why_secret(name, value)
    assert len(value) < FEWEST or value not in why
    assert not (why and too_short(name, value)) or len(value) < FEWEST


@pytest.mark.parametrize("piece", ["a", "+a", "eyJ-", "-----BEGIN ", "a:", "sk-"])
def test_a_huge_value_is_judged_at_once(piece: str) -> None:
    """One that takes the square of the length would take hours, and meet the limit of a test."""
    assert why_secret("THING", piece * (2**20 // len(piece))) is not None


def test_entropy_is_in_bits_for_each_character() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2

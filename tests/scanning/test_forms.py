import base64
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.scanning.forms import forms
from uz.spec.sensitive import FEWEST

around = st.binary(max_size=12)
values = st.binary(min_size=FEWEST, max_size=80).filter(lambda v: len(v.strip(b"\r\n")) >= FEWEST)
texts = st.text(st.characters(codec="utf-8"), min_size=FEWEST, max_size=60).filter(
    lambda value: len(value.strip("\r\n")) >= FEWEST
)
DASHES = "-" * 5  # so that scanners take this file for none with a key
KEY = f"""{DASHES}BEGIN PRIVATE KEY{DASHES}
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
{DASHES}END PRIVATE KEY{DASHES}
"""


def found(value: bytes, text: bytes) -> bool:
    """Whether any form of a value is in a text."""
    return any(form in text for form in forms(value).values())


@given(around, values, around)
def test_a_value_is_found_in_base64_of_anything_around_it(
    before: bytes, value: bytes, after: bytes
) -> None:
    assert found(value, base64.b64encode(before + value + after))
    assert found(value, base64.urlsafe_b64encode(before + value + after))


@given(values, st.sampled_from(["", "/", "!'()*", "~"]))
def test_a_value_is_found_url_encoded_in_upper_and_lower_case(value: bytes, safe: str) -> None:
    text = quote(value, safe=safe)
    assert found(value, text.encode())
    assert found(value, f"?q={quote_plus(value)}&next".encode())
    lower = re.sub("%..", lambda escape: escape[0].lower(), quote(value, safe=safe))
    assert found(value, lower.encode())


@given(around, texts, around)
def test_a_value_is_found_in_json_that_holds_it(before: bytes, value: str, after: bytes) -> None:
    whole = before.decode(errors="ignore") + value + after.decode(errors="ignore")
    for ascii_only in (True, False):
        assert found(value.encode(), json.dumps({"a": [whole]}, ensure_ascii=ascii_only).encode())


@given(st.lists(st.text("abc\"\\'$#= é", min_size=3), min_size=3).map("\n".join))
def test_a_value_of_many_lines_is_found_with_other_line_ends(value: str) -> None:
    if len(value.strip("\n").encode()) < FEWEST:
        return
    plain = value.strip("\n").encode()
    assert found(value.encode(), b"x" + plain.replace(b"\n", b"\r\n") + b"y")
    assert found(plain.replace(b"\n", b"\r\n"), plain)
    assert found(value.encode(), b'KEY="' + plain.replace(b"\n", b"\\n") + b'"')


@given(values)
def test_every_form_is_worth_looking_for_and_there_once(value: bytes) -> None:
    made = forms(value)
    assert len(set(made.values())) == len(made)
    assert min(map(len, made.values())) >= FEWEST


@pytest.mark.parametrize("value", [b"", b"short", b"1234567", b"\n1234567\r\n\n"])
def test_a_value_that_is_too_short_has_no_forms(value: bytes) -> None:
    assert forms(value) == {}


def test_line_ends_around_a_value_do_not_matter() -> None:
    assert forms(b"correct horse\n") == forms(b"correct horse") == forms(b"\r\ncorrect horse\r\n")


def test_a_plain_token_has_few_forms() -> None:
    assert list(forms(b"abcdefghijkl")) == ["plain", "base64-1", "base64-2", "base64-3"]


def test_go_writes_json_for_the_web() -> None:
    assert found(b"<b>&co1234", rb'{"a":"\u003cb\u003e\u0026co1234"}')


def test_a_private_key_is_found_where_its_lines_are_indented() -> None:
    yaml = b"key: |\n" + b"".join(b"  " + line.encode() for line in KEY.splitlines(keepends=True))
    assert found(KEY.encode(), yaml)
    assert forms(KEY.encode())["key-line-1"] == KEY.splitlines()[2].encode()


def test_a_certificate_beside_the_key_is_no_form_of_it() -> None:
    both = KEY + KEY.replace("PRIVATE KEY", "CERTIFICATE").replace("OF/2", "AAAA")
    assert not any("AAAA" in line.decode() for name, line in forms(both.encode()).items()
                   if name.startswith("key-line"))  # fmt: skip

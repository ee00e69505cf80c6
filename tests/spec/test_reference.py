from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.spec.reference import PARAMETERS, Reference, is_reference, parse_reference

PRINTABLE = st.text(
    st.characters(codec="utf-8", exclude_characters="/*").filter(str.isprintable), min_size=1
)
PART = PRINTABLE.filter(lambda text: text not in {".", "..", "+"})


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Reference]:
    """A reference as somebody writes it, and what it means."""
    scheme = draw(st.sampled_from(sorted(PARAMETERS)))
    parts = draw(st.lists(PART, min_size=2, max_size=4))
    keys = draw(st.lists(PART, min_size=1 if scheme == "vault" else 0, max_size=3))
    chosen = draw(st.sets(st.sampled_from(PARAMETERS[scheme]))) if PARAMETERS[scheme] else set()
    parameters = {name: draw(PRINTABLE) for name in chosen}
    text = f"ref+{scheme}://{'/'.join(quote(part, safe='') for part in parts)}"
    text += f"?{urlencode(parameters)}" if parameters else ""
    text += f"#/{'/'.join(quote(key, safe='') for key in keys)}" if keys else ""
    return text, Reference(scheme, "/".join(parts), "/".join(keys), parameters, text)


@given(written())
def test_what_was_written_is_what_is_read(case: tuple[str, Reference]) -> None:
    text, meant = case
    found = parse_reference(text)
    assert found == meant
    assert str(found) == text
    assert parse_reference(str(found)) == found
    assert hash(parse_reference(text)) == hash(found)
    assert is_reference(text)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    found = None
    with suppress(ValueError):
        found = parse_reference(text)
    assert found is None or (found.path and is_reference(text))


@pytest.mark.parametrize(
    ("text", "scheme", "path", "key"),
    [
        ("ref+vault://secret/stripe#/key", "vault", "secret/stripe", "key"),
        ("ref+vault://secret/data/deep#/a/b", "vault", "secret/data/deep", "a/b"),
        ("ref+awssecrets://shop/db#/password", "awssecrets", "shop/db", "password"),
        ("ref+awssecrets://shop", "awssecrets", "shop", ""),
        ("ref+azurekeyvault://vault/name", "azurekeyvault", "vault/name", ""),
        ("ref+file:///etc/shop/key", "file", "/etc/shop/key", ""),
        ("ref+file://./secrets/key", "file", "secrets/key", ""),
    ],
)
def test_the_examples_of_the_manual_are_read(text: str, scheme: str, path: str, key: str) -> None:
    found = parse_reference(text)
    assert (found.scheme, found.path, found.key) == (scheme, path, key)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sk_live_1", "is no reference to a secret"),
        ("before ref+vault://secret/a#/b", "is no reference"),
        ("ref+vault://secret/a#/b after", "is no reference"),
        ("ref+VAULT://secret/a#/b", "is no reference"),
        ("ref+gcpsecrets://a/b", "'gcpsecrets' is no secrets manager"),
        ("ref+vault://secret/a", "names no field"),
        ("ref+vault://secret#/a", "needs a mount and a path"),
        ("ref+vault:///#/a", "has no path"),
        ("ref+vault://secret/../../sys/seal#/a", "has no path"),
        ("ref+vault://secret/%2e%2e/sys#/a", "has no path"),
        ("ref+file:///etc/key%00", "has no path"),
        ("ref+vault://secret/a%0a#/b", "has no path"),
        ("ref+vault://secret/*#/key", "would mean many secrets"),
        ("ref+vault://secret/+/deep#/key", "would mean many secrets"),
        ("ref+vault://secret/a?vers=1#/b", "'vers' is no parameter of ref.vault"),
        ("ref+file://a?version=1", "known: none"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_reference(text)


@pytest.mark.parametrize("text", [" ref+vault://", "REF+x", "ref+"])
def test_what_was_meant_as_a_reference_is_taken_for_one(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize("text", ["", "reference", "https://ref+x", "re f+"])
def test_other_values_are_none(text: str) -> None:
    assert not is_reference(text)

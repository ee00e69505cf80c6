"""From references to values: what is found, and how what is missing is told."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import VALUE, WHOLE, Kept, Manager
from uz.managers.resolve import resolve, value_at
from uz.secret import Secret
from uz.spec.reference import Reference, parse_reference
from uz.spec.sensitive import FEWEST
from uz.testing import MemoryManager

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=6)
VALUES = st.text(st.characters(codec="utf-8"), min_size=FEWEST)
STRIPE = {"key": b"sk-first-value", "other": b"sk-other-value"}


class Counting(MemoryManager):
    """Remembers what was read, and with which parameters."""

    def __init__(self, **paths: Mapping[str, bytes]) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, str]]] = []
        for path, fields in paths.items():
            self.write(
                path.replace("__", "/"), {name: Secret(text) for name, text in fields.items()}
            )

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        self.asked.append((path, dict(parameters or {})))
        return super().read(path, parameters=parameters)


def resolved(manager: Manager, *texts: str) -> dict[str, bytes]:
    """The values of references that all lead to one manager."""
    found = resolve([parse_reference(text) for text in texts], lambda _: manager)
    return {text: secret.reveal() for text, secret in found.items()}


def test_each_reference_gets_its_value() -> None:
    manager = Counting(secret__stripe=STRIPE, secret__mail={"password": b"mail-password"})
    texts = ("ref+vault://secret/stripe#/key", "ref+vault://secret/mail#/password")
    assert resolved(manager, *texts) == {texts[0]: b"sk-first-value", texts[1]: b"mail-password"}


def test_a_path_is_read_once_for_all_its_fields() -> None:
    manager = Counting(secret__stripe=STRIPE)
    texts = [f"ref+vault://secret/stripe#/{key}" for key in ("key", "other", "key")]
    assert len(resolved(manager, *texts)) == 2
    assert manager.asked == [("secret/stripe", {})]


def test_a_version_is_read_apart_from_the_newest() -> None:
    manager = Counting(secret__stripe={"key": b"first-value"})
    manager.write("secret/stripe", {"key": Secret(b"second-value")})
    older = "ref+vault://secret/stripe?version=1#/key"
    newest = "ref+vault://secret/stripe#/key"
    assert resolved(manager, older, newest) == {older: b"first-value", newest: b"second-value"}


def test_each_reference_goes_to_its_own_manager() -> None:
    vault = Counting(secret__stripe={"key": b"of-the-vault"})
    aws = Counting(secret__stripe={WHOLE: b"of-the-cloud"})
    by_scheme = {"vault": vault, "awssecrets": aws}

    def manager_for(reference: Reference) -> Manager:
        return by_scheme[reference.scheme]

    texts = ("ref+vault://secret/stripe#/key", "ref+awssecrets://secret/stripe")
    found = resolve(map(parse_reference, texts), manager_for)
    assert [found[text].reveal() for text in texts] == [b"of-the-vault", b"of-the-cloud"]


def test_no_references_ask_nobody() -> None:
    assert resolve([], lambda _: pytest.fail("nobody is to be asked")) == {}


def test_all_that_is_missing_is_told_at_once() -> None:
    manager = Counting(secret__stripe=STRIPE, secret__pin={"value": b"123"})
    with pytest.raises(SecretError) as told:
        resolved(
            manager,
            "ref+vault://secret/nothing#/key",
            "ref+vault://secret/stripe#/kye",
            "ref+vault://secret/pin#/value",
            "ref+vault://secret/stripe#/key",
        )
    assert str(told.value).splitlines() == [
        "ref+vault://secret/nothing#/key: nothing at secret/nothing",
        "ref+vault://secret/stripe#/kye: secret/stripe has no field 'kye' (it has: key, other)",
        "ref+vault://secret/pin#/value: too short to be a secret: 3 characters, at least 8",
    ]
    assert "uz secrets set NAME" in told.value.hint
    assert "uz secrets check" in told.value.hint


def test_messages_show_no_value_and_not_too_many_names() -> None:
    fields = {f"field-{number:02}": b"canary-value" for number in range(30)}
    with pytest.raises(SecretError, match=r"field-09, 20 more\)") as told:
        resolved(Counting(secret__a=fields), "ref+vault://secret/a#/field")
    assert "canary" not in str(told.value)


def test_a_name_that_would_break_the_line_is_quoted() -> None:
    with pytest.raises(SecretError) as told:
        resolved(Counting(secret__a={"a\nb": b"long-enough"}), "ref+vault://secret/a#/field")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("kind", [UnreachableError, RefusedError, SecretError])
def test_what_a_manager_raises_passes_through(kind: type[SecretError]) -> None:
    manager = MemoryManager()
    manager.failing = kind("no answer")
    with pytest.raises(kind) as raised:
        resolved(manager, "ref+vault://secret/a#/b", "ref+vault://secret/c#/d")
    assert raised.value is manager.failing


class Closed(Counting):
    """Lets nobody read what is below `closed`, and gives no answer about what is below `far`."""

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        if "closed" in path:
            raise RefusedError(f"not allowed at {path}", hint="Look at the policy.")
        if "far" in path:
            raise UnreachableError("no answer")
        return super().read(path, parameters=parameters)


def test_what_is_refused_hides_nothing_that_is_missing() -> None:
    texts = [f"ref+vault://secret/{path}#/key" for path in ("closed/a", "nothing", "closed/b")]
    with pytest.raises(SecretError) as told:
        resolved(Closed(), *texts)
    assert str(told.value).splitlines() == [
        "ref+vault://secret/closed/a#/key: not allowed at secret/closed/a",
        "ref+vault://secret/nothing#/key: nothing at secret/nothing",
        "ref+vault://secret/closed/b#/key: not allowed at secret/closed/b",
    ]
    assert told.value.hint.startswith("Look at the policy. `uz secrets set NAME`")


def test_one_that_is_refused_alone_is_told_as_it_is() -> None:
    texts = ("ref+vault://secret/closed/a#/key", "ref+vault://secret/closed/a#/other")
    with pytest.raises(RefusedError, match="^not allowed at secret/closed/a$"):
        resolved(Closed(), *texts)


def test_no_answer_is_told_at_once_as_the_sealed_copy_may_help() -> None:
    manager = Closed()
    with pytest.raises(UnreachableError):
        resolved(manager, "ref+vault://secret/a#/b", "ref+vault://far/a#/b", "ref+vault://c/d#/e")
    assert manager.asked == [("secret/a", {})]


def test_no_answer_after_a_refusal_is_still_a_refusal() -> None:
    with pytest.raises(RefusedError):
        resolved(Closed(), "ref+vault://secret/closed#/b", "ref+vault://far/a#/b")


def test_eight_characters_are_a_secret_and_seven_are_none() -> None:
    manager = Counting(secret__a={"eight": "ä".encode() * 8, "seven": "ä".encode() * 7})
    assert resolved(manager, "ref+vault://secret/a#/eight")
    with pytest.raises(SecretError, match="7 characters"):
        resolved(manager, "ref+vault://secret/a#/seven")


@pytest.mark.parametrize("scheme", ["awssecrets", "azurekeyvault"])
def test_keys_reach_into_json_in_the_cloud(scheme: str) -> None:
    manager = Counting(vault__database={WHOLE: b'{"users": {"shop": "its-password"}, "a": 1}'})
    at = f"ref+{scheme}://vault/database"
    assert resolved(manager, f"{at}#/users/shop") == {f"{at}#/users/shop": b"its-password"}
    with pytest.raises(SecretError, match=r"has no field 'users/mail' \(it has: a, users\)"):
        resolved(manager, f"{at}#/users/mail")


def test_without_a_key_the_whole_text_is_meant_json_or_not() -> None:
    whole = b'{"users": {"shop": "its-password"}}'
    manager = Counting(vault__database={WHOLE: whole})
    text = "ref+awssecrets://vault/database"
    assert resolved(manager, text) == {text: whole}


def test_without_a_key_fields_alone_are_no_value() -> None:
    with pytest.raises(SecretError, match=r"has no value of its own \(it has: key, other\)"):
        resolved(Counting(shop=STRIPE), "ref+awssecrets://shop")


def test_a_key_of_json_goes_before_the_name_for_the_whole() -> None:
    whole = Secret(b'{"value": "the-inner-one"}')
    assert value_at({WHOLE: whole, VALUE: whole}, VALUE) == Secret(b"the-inner-one")
    assert value_at({WHOLE: Secret(b"no json"), VALUE: Secret(b"no json")}, VALUE) is not None


def test_a_field_of_the_vault_that_is_json_can_be_reached_into() -> None:
    manager = Counting(secret__google={"file": b'{"private": {"key": "long-enough"}}'})
    text = "ref+vault://secret/google#/file/private/key"
    assert resolved(manager, text) == {text: b"long-enough"}


def test_a_field_whose_name_has_a_slash_is_found_by_it() -> None:
    manager = Counting(secret__a={"b/c": b"with-a-slash", "b": b'{"c": "further-inside"}'})
    text = "ref+vault://secret/a#/b/c"
    assert resolved(manager, text) == {text: b"with-a-slash"}


@given(st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, min_size=1), min_size=1))
def test_every_field_that_is_kept_is_found_unchanged(kept: dict[str, dict[str, str]]) -> None:
    manager = Counting()
    wanted: dict[str, bytes] = {}
    for path, fields in kept.items():
        manager.write(
            f"secret/{path}", {key: Secret(text.encode()) for key, text in fields.items()}
        )
        wanted |= {f"ref+vault://secret/{path}#/{key}": fields[key].encode() for key in fields}
    assert resolved(manager, *wanted) == wanted
    assert len(manager.asked) == len(kept)


@given(st.recursive(VALUES, lambda inner: st.dictionaries(WORDS, inner, min_size=1), max_leaves=9))
def test_every_text_in_json_is_found_by_its_keys(tree: object) -> None:
    manager = MemoryManager()
    manager.write("shop", {WHOLE: Secret(json.dumps({"top": tree}).encode())})
    leaves = dict(_leaves("top", tree))
    wanted = {f"ref+awssecrets://shop#/{keys}": text.encode() for keys, text in leaves.items()}
    assert resolved(manager, *wanted) == wanted


@given(st.sets(WORDS, min_size=1), st.data())
def test_there_is_one_line_for_each_that_is_missing(names: set[str], data: st.DataObject) -> None:
    missing = data.draw(st.sets(st.sampled_from(sorted(names)), min_size=1))
    manager = MemoryManager()
    for name in names - missing:
        manager.write(f"secret/{name}", {"key": Secret(b"long-enough")})
    with pytest.raises(SecretError) as told:
        resolved(manager, *(f"ref+vault://secret/{name}#/key" for name in names))
    lines = str(told.value).splitlines()
    assert {line.split("#")[0].rpartition("/")[2] for line in lines} == missing
    assert len(lines) == len(missing)


def _leaves(above: str, tree: object) -> list[tuple[str, str]]:
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in _leaves(f"{above}/{key}", tree[key])]
    assert isinstance(tree, str)
    return [(above, tree)]


def test_a_name_may_be_shorter_than_a_secret_and_is_not_empty() -> None:
    manager = Counting(secret__store={"access": b"minio", "secret": b"minio", "none": b""})
    access, secret, none = (
        parse_reference(f"ref+vault://secret/store#/{key}") for key in ("access", "secret", "none")
    )
    names = {access.text, none.text}
    assert resolve([access], lambda _: manager, names=names)[access.text] == Secret(b"minio")
    for refused in (secret, none):
        with pytest.raises(SecretError, match="too short"):
            resolve([refused], lambda _: manager, names=names)

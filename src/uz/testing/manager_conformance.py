"""What every secrets manager promises, as tests: they run on the fake and on every real one.

Inherit from `ManagerConformance` in a test module and give it two fixtures:

- `manager`: one that Uz is logged in to and that may write below `path`;
- `path`: a path that nobody uses; no other begins with it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from uz.errors import SecretError
from uz.managers import VALUE, WHOLE, Kept, Manager
from uz.secret import Secret

PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCC==\n-----END PRIVATE KEY-----\n"
AWKWARD: Mapping[str, str] = {
    "pem": PEM,
    "quotes": """'single' "double" `back` \\ backslash \\n no-newline""",
    "shell": "$HOME ${HOME} $(id) %PATH% !! ~ * ? ; | & > <",
    "hashes": "before # after ## = == a=b",
    "crlf": "first\r\nsecond\r\n",
    "carriage-return": "first\rsecond",
    "umlauts": "grüße-Ω-密码",
    "composed": "e\u0301 is not \u00e9",
    "emoji": "key-🔑-👩‍👩‍👧",
    "byte-order-mark": "\ufeffvalue",
    "trailing-newline": "value\n",
    "trailing-newlines": "value\n\n\n",
    "leading-spaces": "  \t value \t ",
    "a-space": " ",
    "a-newline": "\n",
    "json-null": "null",
    "json-number": "007",
    "json-string": '"quoted"',
    "json-object": '{"a": {"b": [1, 2.50, true]}}',
    "reference": "ref+vault://secret/other#/key",
    "control": "\x01\x1b[31m\x7f",
    "long": "0123456789abcdef" * 1024,
}
"""Values that something on the way may want to change, by what is awkward about them."""
CANARY = "canary-Zq7-value"


class ManagerConformance:
    """The promises; a manager that keeps them all can be used by every command."""

    single = False
    """Whether it keeps one value WHOLE and no fields."""
    version_parameter = "version"
    """What names an older version in a reference; empty where none can."""

    def fields(self, text: str) -> dict[str, Secret]:
        """One value in the field that this manager has."""
        return {WHOLE if self.single else VALUE: Secret(text.encode())}

    @pytest.mark.parametrize("what", AWKWARD)
    def test_a_value_comes_back_byte_for_byte(self, manager: Manager, path: str, what: str) -> None:
        wanted = self.fields(AWKWARD[what])
        manager.write(path, wanted)
        assert _same(manager.read(path), wanted)

    def test_several_fields_come_back_each_as_itself(self, manager: Manager, path: str) -> None:
        if self.single:
            pytest.skip("keeps one value and no fields")
        wanted = {
            f"{number}-{what}.x": Secret(text.encode())
            for number, (what, text) in enumerate(AWKWARD.items())
        }
        manager.write(path, wanted)
        assert _same(manager.read(path), wanted)

    def test_a_write_replaces_all_fields(self, manager: Manager, path: str) -> None:
        first = self.fields("first") if self.single else {"old": Secret(b"first")}
        manager.write(path, first)
        manager.write(path, self.fields("second"))
        found = manager.read(path)
        assert _same(found, self.fields("second"))
        assert found is not None
        assert "old" not in found.fields

    def test_what_was_written_is_returned(self, manager: Manager, path: str) -> None:
        written = manager.write(path, self.fields("first"))
        read = manager.read(path)
        assert _same(written, self.fields("first"))
        assert read is not None
        assert read.version == written.version != ""

    def test_each_write_is_a_version_of_its_own(self, manager: Manager, path: str) -> None:
        versions = [manager.write(path, self.fields(text)).version for text in ("a", "b", "b")]
        newest = manager.read(path)
        assert len(set(versions)) == 3
        assert newest is not None
        assert newest.version == versions[-1]

    def test_an_older_version_can_be_read(self, manager: Manager, path: str) -> None:
        if not self.version_parameter:
            pytest.skip("its references name no version")
        older = manager.write(path, self.fields("first"))
        manager.write(path, self.fields("second"))
        found = manager.read(path, parameters={self.version_parameter: older.version})
        assert found is not None
        assert found.version == older.version
        assert _same(found, self.fields("first"))

    def test_it_says_when_something_was_written(self, manager: Manager, path: str) -> None:
        manager.write(path, self.fields("first"))
        found = manager.read(path)
        assert found is not None
        if found.written_at is not None:
            assert abs(datetime.now(UTC) - found.written_at) < timedelta(hours=1)

    def test_where_nothing_is_nothing_is_read(self, manager: Manager, path: str) -> None:
        assert manager.read(path) is None
        manager.write(f"{path}/below", self.fields("first"))
        assert manager.read(path) is None

    def test_what_is_removed_is_gone(self, manager: Manager, path: str) -> None:
        for one in (path, f"{path}/other"):
            manager.write(one, self.fields("first"))
        manager.remove(path)
        assert manager.read(path) is None
        assert manager.read(f"{path}/other") is not None
        assert manager.paths(path) == (f"{path}/other",)

    def test_an_older_version_is_removed_too(self, manager: Manager, path: str) -> None:
        if not self.version_parameter:
            pytest.skip("its references name no version")
        older = manager.write(path, self.fields("first"))
        manager.write(path, self.fields("second"))
        manager.remove(path)
        assert manager.read(path, parameters={self.version_parameter: older.version}) is None

    def test_what_was_removed_can_be_written_again(self, manager: Manager, path: str) -> None:
        manager.write(path, self.fields("first"))
        manager.remove(path)
        manager.write(path, self.fields("second"))
        assert _same(manager.read(path), self.fields("second"))

    def test_to_remove_nothing_does_nothing(self, manager: Manager, path: str) -> None:
        manager.remove(path)
        manager.remove(path)
        assert manager.read(path) is None

    def test_paths_are_sorted_and_below_the_prefix_only(self, manager: Manager, path: str) -> None:
        below = [f"{path}/b", f"{path}/a", f"{path}/deep/er/c", f"{path}/a/under", f"{path}/a-b"]
        for one in [*below, path, f"{path}-beside", f"{path}x/inside"]:
            manager.write(one, self.fields("first"))
        assert manager.paths(path) == tuple(sorted(below))
        assert manager.paths(f"{path}/deep") == (f"{path}/deep/er/c",)

    def test_below_an_unused_prefix_are_no_paths(self, manager: Manager, path: str) -> None:
        assert manager.paths(path) == ()
        manager.write(path, self.fields("first"))
        assert manager.paths(path) == ()

    def test_a_binary_value_is_refused_and_not_shown(self, manager: Manager, path: str) -> None:
        name = next(iter(self.fields("")))
        with pytest.raises(SecretError) as refused:
            manager.write(path, {name: Secret(CANARY.encode() + b"\xff\xfe")})
        assert manager.read(path) is None
        assert path in str(refused.value)
        assert name in str(refused.value)
        causes = _chain(refused.value)
        assert not [one for one in causes if CANARY in f"{one} {one!r} {one.args}"]

    def test_what_is_kept_does_not_show(self, manager: Manager, path: str) -> None:
        written = manager.write(path, self.fields(CANARY))
        read = manager.read(path)
        assert CANARY not in f"{written} {written!r} {read} {read!r} {manager!r}"

    def test_it_has_a_name_for_messages(self, manager: Manager) -> None:
        assert manager.name.strip()
        assert "\n" not in manager.name


def _same(kept: Kept | None, wanted: Mapping[str, Secret]) -> bool:
    """Whether each field is there as it was; where one text is all, other names may lead to it."""
    assert kept is not None
    revealed = {name: kept.fields[name].reveal() for name in wanted}
    return revealed == {name: secret.reveal() for name, secret in wanted.items()}


def _chain(error: BaseException) -> list[BaseException]:
    """An error with what it came from, as far as a traceback would show it."""
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None:
        found.append(step)
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return found

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scanning.conftest import VALUE, Repository

from uz.errors import ProgramError
from uz.scanning.engine import Searcher
from uz.scanning.finding import Kind, Looked
from uz.scanning.git import Git
from uz.scanning.look import look
from uz.scanning.objects import Objects, ObjectStream
from uz.scanning.places import Things
from uz.secret import Secret

Search = Callable[[Things], Looked]


def objects(repository: Repository) -> Things:
    """The objects of a repository as something to look at."""
    return iter([Objects(Git(repository.folder / ".git", ".git"))])


@given(
    st.lists(st.tuples(st.sampled_from(["blob", "tree"]), st.binary(max_size=30)), max_size=6),
    st.integers(1, 200),
)
def test_each_byte_belongs_to_its_object_whatever_the_pieces(
    given_objects: list[tuple[str, bytes]], piece: int
) -> None:
    text = b""
    owners: list[tuple[str, str] | None] = []
    """None for a header, which has nothing to be found."""
    for number, (kind, data) in enumerate(given_objects):
        name = f"{number:040x}"
        header = f"{name} {kind} {len(data)}\n".encode()
        text += header + data + b"\n"
        owners += [None] * len(header) + [(kind, name)] * (len(data) + 1)
    stream = ObjectStream(io.BytesIO(text))
    buffer = memoryview(bytearray(piece))
    at = 0
    while got := stream.readinto(buffer):
        for place in range(at, at + got):
            assert owners[place] in {None, stream.at(place)}
        at += got
    assert (at, stream.count) == (len(text), len(given_objects))


@pytest.mark.parametrize(
    "text",
    [
        b"a" * 40 + b" blob 10\nshort",
        b"a" * 40 + b" blo",
        b"a" * 40 + b" missing\n",
        b"x" * 200,
    ],
)
def test_what_git_did_not_print_to_its_end_is_told(text: bytes) -> None:
    stream = ObjectStream(io.BytesIO(text))
    with pytest.raises(ProgramError, match="git cat-file"):
        Searcher({}).search(stream, lambda _needle, _offset: None)


def test_a_removed_file_is_found_with_its_path_and_the_commit_that_brought_it(
    search: Search, repository: Repository
) -> None:
    repository.commit(a=b"1")
    brought = repository.commit(settings=b"KEY = '" + VALUE + b"'")
    (repository.folder / "settings").unlink()
    repository.commit(b=b"2")
    repository.git("gc", "--quiet")
    looked = search(objects(repository))
    (found,) = looked.findings
    blob = repository.git("rev-parse", f"{brought}:settings")
    assert str(found.spot) == f".git: blob {blob[:12]}, settings in {brought[:12]}"
    assert (found.spot.kind, found.spot.object) == (Kind.HISTORY, blob)
    assert found.spot.commit == brought
    assert looked.things == 3 + 3 + 3


def test_what_no_branch_leads_to_is_found(search: Search, repository: Repository) -> None:
    repository.commit(a=b"1")
    blob = repository.git("hash-object", "-w", "--stdin", given=VALUE)
    (found,) = search(objects(repository)).findings
    assert str(found.spot) == f".git: blob {blob[:12]}"


def test_what_a_reset_threw_away_is_found(search: Search, repository: Repository) -> None:
    repository.commit(a=b"1")
    gone = repository.commit("a change", **{"new\nline": VALUE})
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    (found,) = search(objects(repository)).findings
    assert found.spot.commit == gone
    assert "new\nline" in found.spot.name


def test_messages_of_commits_and_tags_are_looked_at(search: Search, repository: Repository) -> None:
    repository.commit(f"use {VALUE.decode()}")
    repository.git("tag", "-a", "v1", "-m", f"with {VALUE.decode()}")
    looked = search(objects(repository))
    assert {one.spot.name.split()[1] for one in looked.findings} == {"commit", "tag"}


def test_a_name_of_a_file_is_looked_at(search: Search, repository: Repository) -> None:
    name = VALUE.decode().replace("/", "")
    (repository.folder / name).touch()
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "named")
    looked = look(Searcher({"key": Secret(name.encode())}), objects(repository))
    assert {one.spot.name.split()[1] for one in looked.findings} == {"tree"}
    assert name not in repr(looked)


def test_many_objects_across_chunks_are_told_apart(search: Search, repository: Repository) -> None:
    parts = []
    for number in range(300):
        planted = VALUE if number % 50 == 7 else b"no such value here"
        data = os.urandom(20_000) + planted + b"%d" % number
        parts.append(f"blob\nmark :{number + 1}\ndata {len(data)}\n".encode() + data + b"\n")
    repository.git("fast-import", "--quiet", "--force", given=b"".join(parts))
    looked = search(objects(repository))
    assert len(looked.findings) == 6
    assert all(VALUE in _blob(repository, one.spot.object) for one in looked.findings)
    assert looked.things == 300


def _blob(repository: Repository, name: str) -> bytes:
    words = ["git", "-C", str(repository.folder), "cat-file", "blob", name]
    return subprocess.run(words, capture_output=True, check=True, timeout=60).stdout


def test_objects_that_lie_with_another_repository_are_looked_at(
    search: Search, repository: Repository, tmp_path: Path
) -> None:
    repository.commit(a=VALUE)
    other = Repository(tmp_path / "other")
    repository.git("clone", "--quiet", "--shared", ".", str(other.folder))
    assert (other.folder / ".git/objects/info/alternates").exists()
    assert len(search(objects(other)).findings) == 1


def test_an_empty_repository_has_no_objects_and_no_gap(
    search: Search, repository: Repository
) -> None:
    looked = search(objects(repository))
    assert (looked.things, looked.findings, looked.gaps) == (0, (), ())


def test_a_damaged_object_is_a_gap(search: Search, repository: Repository) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", given=b"x" * 5000)
    path = repository.folder / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:10])
    (gap,) = search(objects(repository)).gaps
    assert gap.what == ".git: objects"
    assert "git" in gap.why

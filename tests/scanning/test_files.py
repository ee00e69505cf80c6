import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scanning.conftest import VALUE

from uz.scanning import files
from uz.scanning.engine import CHUNK
from uz.scanning.files import File, Link, Unpacked, walk
from uz.scanning.finding import Gap, Looked
from uz.scanning.places import Things

Search = Callable[[Things], Looked]


def spots(looked: Looked) -> set[str]:
    """Where something was found."""
    return {str(one.spot) for one in looked.findings}


def test_the_line_is_that_of_the_first_find(search: Search, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ntwo\nthree " + VALUE + b"\n" + VALUE)
    (found,) = search(iter([File(tmp_path / "a.txt", "a.txt")])).findings
    assert (str(found.spot), found.times) == ("a.txt:3", 2)


def test_lines_are_counted_across_chunks(search: Search, tmp_path: Path) -> None:
    plain, encoded = VALUE, b"n0-such-value%2Bin%2Fany%3Fother%3Dfile"
    lines = [b"x" * 99] * (3 * CHUNK // 100)
    lines[2], lines[-1] = plain, encoded
    (tmp_path / "a").write_bytes(b"\n".join(lines))
    assert spots(search(iter([File(tmp_path / "a", "a")]))) == {"a:3", f"a:{len(lines)}"}


def test_a_line_that_never_ends_and_bytes_that_are_no_text_are_files_too(
    search: Search, tmp_path: Path
) -> None:
    (tmp_path / "long").write_bytes(b"x" * (5 * CHUNK // 2) + VALUE)
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 100 + VALUE + b"\0\xff")
    (tmp_path / "empty").write_bytes(b"")
    looked = search(walk(tmp_path, ""))
    assert spots(looked) == {"long:1", "binary:101"}
    assert (looked.things, looked.gaps) == (3, ())


def test_rotated_logs_are_unpacked(search: Search, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "app.log.1.gz", "wb") as file:
        file.write(b"line\n" * CHUNK + VALUE)
    looked = search(walk(tmp_path, ""))
    assert spots(looked) == {f"app.log.1.gz (unpacked):{CHUNK + 1}"}
    assert looked.things == 1


def test_two_logs_packed_into_one_file_are_both_unpacked(search: Search, tmp_path: Path) -> None:
    both = gzip.compress(b"first\n") + gzip.compress(VALUE)
    (tmp_path / "a.gz").write_bytes(both)
    assert spots(search(walk(tmp_path, ""))) == {"a.gz (unpacked):2"}


def test_what_only_is_called_packed_is_looked_at_as_it_is(search: Search, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(VALUE)
    looked = search(walk(tmp_path, ""))
    assert (spots(looked), looked.gaps) == ({"a.gz:1"}, ())


@pytest.mark.parametrize("cut", [5, 12, 40, 10_000])
def test_a_damaged_packed_file_is_a_gap(search: Search, tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(os.urandom(20_000))[:cut])
    (gap,) = search(walk(tmp_path, "")).gaps
    assert gap.what == "a.gz (unpacked)"


def test_what_unpacks_to_too_much_is_a_gap(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_UNPACKED", 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\0" * 1001))
    (gap,) = search(walk(tmp_path, "")).gaps
    assert "more than 1000 bytes" in gap.why


def test_links_are_not_followed_but_read(search: Search, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_bytes(VALUE)
    top = tmp_path / "top"
    top.mkdir()
    (top / "folder").symlink_to("../elsewhere")
    (top / "file").symlink_to("../elsewhere/secret")
    (top / "nowhere").symlink_to("nowhere/" + VALUE.decode())
    (top / "loop").symlink_to(".")
    looked = search(walk(top, ""))
    assert (spots(looked), looked.gaps) == ({"nowhere"}, ())


def test_sockets_pipes_and_devices_are_left_alone(search: Search, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        assert list(walk(tmp_path, "")) == []
    looked = search(iter([File(tmp_path / "pipe", "pipe")]))
    assert (looked.gaps, looked.things) == ((), 0), "also one that took a file's place"


def test_names_may_hold_anything(search: Search, tmp_path: Path) -> None:
    for name in (b"new\nline", b"no-text-\xff", b" ", b"-rf", b"a'\"$(b)"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(VALUE)
    looked = search(walk(tmp_path, ""))
    assert spots(looked) == {"new\nline:1", "no-text-\\xff:1", " :1", "-rf:1", "a'\"$(b):1"}


def test_a_file_that_shrinks_while_it_is_read_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3 * CHUNK)
    buffer = memoryview(bytearray(CHUNK))
    with File(path, "log").opened() as stream:
        assert stream.readinto(buffer) == CHUNK
        os.truncate(path, 10)
        assert stream.readinto(buffer) == 0


def test_a_line_of_a_file_that_was_cut_meanwhile_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\nb")
    file = File(path, "log")
    spot = file.spot(0)
    assert [one.line for one in file.explained([(spot, 2), (spot, 900)])] == [2, None]
    path.unlink()
    assert [one.line for one in file.explained([(spot, 2)])] == [None]


def test_a_file_that_is_gone_by_now_is_no_gap(search: Search, tmp_path: Path) -> None:
    looked = search(iter([File(tmp_path / "gone", "gone"), Link(tmp_path / "l", "l")]))
    assert looked.gaps == ()
    assert list(walk(tmp_path / "gone", "gone")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_gap(search: Search, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(VALUE)
    (tmp_path / "file").chmod(0)
    (tmp_path / "folder").mkdir(mode=0)
    gaps = {gap.what: gap.why for gap in search(walk(tmp_path, "")).gaps}
    assert gaps == {
        "file": "Permission denied",
        "folder": "cannot be listed: Permission denied",
    }


def test_what_is_left_out_is_told_by_its_name_and_its_neighbours(tmp_path: Path) -> None:
    for name in ("a/objects/x", "a/HEAD", "b/objects/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = walk(tmp_path, "t", lambda name, beside: name == "objects" and "HEAD" in beside)
    assert sorted(one.name for one in found if not isinstance(one, Gap)) == [
        "t/a/HEAD",
        "t/b/objects/y",
    ]


def test_an_unpacked_file_is_not_counted_twice() -> None:
    assert Unpacked(Path("a.gz"), "a.gz").things == 0

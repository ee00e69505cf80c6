from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.scheduling.output import LINES, LONGEST, MOST, Output


def test_all_of_it_is_in_the_log_and_the_last_lines_are_known(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "backup.log"
    output = Output(path)
    output.note("backup begins")
    for number in range(20):
        output.take(f"line {number}\n\n".encode())
    output.take(b"no end")
    output.close()
    assert output.lines == (*(f"line {number}" for number in range(13, 20)), "no end")
    assert path.read_text().startswith("== backup begins\nline 0\n\nline 1\n")
    assert path.read_text().endswith("no end")
    assert path.stat().st_mode & 0o777 == 0o600


@given(st.text(), st.lists(st.integers(1, 9)))
def test_however_it_is_cut_it_is_the_same_text(text: str, cuts: list[int]) -> None:
    output, data, found = Output(Path("/dev/null")), text.encode(errors="replace"), ""
    for cut in [*cuts, len(data)]:
        found += output.take(data[:cut])
        data = data[cut:]
    assert found == text.encode(errors="replace").decode()
    assert len(output.lines) <= LINES
    assert all(len(line) <= LONGEST for line in output.lines)
    output.close()


def test_a_log_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "backup.log"
    output = Output(path)
    for _ in range(50):
        output.take(b"x" * 65536)
    output.close()
    kept = list(tmp_path.iterdir())
    assert sorted(one.name for one in kept) == ["backup.log", "backup.log.1"]
    assert all(one.stat().st_size <= MOST for one in kept)


def test_a_log_that_was_there_is_gone_on_with(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        output = Output(tmp_path / "log")
        output.take(text)
        output.close()
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_one_that_cannot_be_written_is_told_once_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = Output(Path("/dev/full"))
    output.take(b"one\n")
    output.take(b"two\n")
    output.close()
    assert output.lines == ("one", "two")
    assert caplog.messages == ["/dev/full: cannot be written: No space left on device"]
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    Output(tmp_path / "link").take(b"x")
    assert not (tmp_path / "elsewhere").exists()

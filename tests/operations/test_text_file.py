import os
from pathlib import Path

import pytest

from uz.errors import MachineError, SpecError, UzError
from uz.operations.text_file import LARGEST, read_text, refuse_second_name, replace_text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_bytes(b"A=1\r\nB=2\r\n")
    path.chmod(0o640)
    return path


def test_a_file_is_read_as_it_is(file: Path) -> None:
    assert read_text(file) == "A=1\r\nB=2\r\n"


def test_a_file_is_replaced_whole_and_keeps_its_mode_and_owner(file: Path) -> None:
    before = file.stat()
    assert replace_text(file, "A=1\r\nB=2\r\n", "A=é\r\n")
    assert file.read_bytes() == "A=é\r\n".encode()
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_leaves_it_to_the_user_whom_it_belongs_to(file: Path) -> None:
    os.chown(file, 65534, 65534)
    replace_text(file, read_text(file), "A=2\n")
    assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65534)
    assert file.stat().st_mode & 0o777 == 0o640


def test_what_it_is_to_be_already_is_left_alone(file: Path) -> None:
    inode = file.stat().st_ino
    assert not replace_text(file, "something else", "A=1\r\nB=2\r\n")
    assert file.stat().st_ino == inode


def test_a_file_that_was_changed_meanwhile_is_left_alone(file: Path) -> None:
    text = read_text(file)
    file.write_text("C=3\n")
    with pytest.raises(SpecError, match="changed while Uz worked on it"):
        replace_text(file, text, "A=@\n")
    assert file.read_text() == "C=3\n"


def test_what_a_killed_run_has_left_is_no_obstacle(file: Path) -> None:
    left = file.with_name("..env.uz-new")
    left.write_text("half")
    assert replace_text(file, read_text(file), "A=2\n")
    assert not left.exists()


def test_a_folder_that_cannot_be_written_to_leaves_the_file_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = read_text(file)
    with pytest.raises(MachineError, match="cannot be replaced: No space left") as raised:
        replace_text(file, text, "A=2\n")
    assert raised.value.hint
    assert read_text(file) == text
    assert list(file.parent.iterdir()) == [file]


def told(path: Path) -> str:
    with pytest.raises(UzError) as raised:
        read_text(path)
    assert str(path) in str(raised.value)
    return f"{raised.value} {raised.value.hint}"


def test_a_link_is_refused_and_the_file_itself_is_named(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    assert f"Name the file itself: {file}" in told(link)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "is no file" in told(pipe)
    assert "is no file" in told(tmp_path)


def test_a_file_that_is_missing_or_forbidden_is_named(tmp_path: Path, file: Path) -> None:
    assert "No such file" in told(tmp_path / "none")
    assert "No such file" in told(tmp_path / "none" / ".env")
    if os.geteuid() != 0:
        file.chmod(0)
        assert "Run as the user" in told(file)


def test_a_binary_or_a_huge_file_is_refused_without_a_word_of_it(file: Path) -> None:
    file.write_bytes(b"A=hunter2\0")
    assert "hunter2" not in told(file)
    file.write_bytes(b"A=hunter2\nB=\xff\xfe\n")
    assert f"{file}:2: not UTF-8" in told(file)
    assert "hunter2" not in told(file)
    file.write_bytes(b"#" * (LARGEST + 1))
    assert "larger than 1 MiB" in told(file)


def test_no_error_carries_the_text_along(file: Path) -> None:
    file.write_bytes(b"A=hunter2\nB=\xff\n")
    with pytest.raises(SpecError) as raised:
        read_text(file)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_second_name_would_keep_the_old_text_and_is_refused(file: Path) -> None:
    refuse_second_name(file)
    (file.parent / "other").hardlink_to(file)
    with pytest.raises(MachineError, match="hard link"):
        refuse_second_name(file)

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from uz.detect.repository import Repository, scan
from uz.detect.walk import Limits
from uz.errors import MachineError

Repo = Callable[[dict[str, str]], Repository]
Folder = Callable[[dict[str, str]], Path]


def test_a_missing_folder_is_the_users_to_fix(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="no such folder"):
        scan(tmp_path / "nowhere")


def test_files_are_read_as_text_toml_json_and_python(repo: Repo) -> None:
    files = repo({"a.txt": "é", "b.toml": "x = 1", "c.json": '{"y": 2}', "d.py": "z = 3"})
    assert files.text("a.txt") == "é"
    assert files.toml("b.toml") == {"x": 1}
    assert files.json("c.json") == {"y": 2}
    assert len(files.python("d.py").body) == 1
    assert files.unread == {}


def test_a_file_that_is_not_there_is_empty_and_no_complaint(repo: Repo) -> None:
    files = repo({})
    assert files.text("a.txt") == ""
    assert files.toml("b.toml") == {}
    assert files.json("../c.json") == {}
    assert files.unread == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "= broken"),
        ("a.toml", "x = " + "[" * 5000),
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"a": ' + "9" * 5000 + "}"),
        ("a.py", "def"),
        ("a.py", "x = " + "-" * 100_000 + "1"),
        ("a.py", "x = 1" + "+1" * 100_000),
        ("a.py", "x = '\0'"),
        ("a.py", "print 'Python 2'"),
    ],
)
def test_a_broken_file_is_named_and_reads_as_empty(repo: Repo, name: str, text: str) -> None:
    files = repo({name: text})
    if name.endswith(".py"):
        assert files.python(name).body == []
    else:
        assert (files.toml if name.endswith("toml") else files.json)(name) == {}
    assert list(files.unread) == [name]


def test_a_json_file_that_is_no_object_is_empty(repo: Repo) -> None:
    assert repo({"package.json": "[1]"}).json("package.json") == {}


def test_a_file_that_is_not_utf_8_is_named(folder: Folder) -> None:
    root = folder({})
    (root / "a.py").write_bytes(b"caf\xe9")
    files = scan(root)
    assert files.text("a.py") == ""
    assert files.unread == {"a.py": "not UTF-8"}


def test_a_byte_order_mark_does_not_matter(folder: Folder) -> None:
    root = folder({})
    (root / "package.json").write_bytes(b'\xef\xbb\xbf{"name": "shop"}')
    assert scan(root).json("package.json") == {"name": "shop"}


def test_a_large_file_is_named_and_not_read(folder: Folder) -> None:
    files = scan(folder({"a.py": "x" * 11, "b.py": "x" * 10}), Limits(file_size=10))
    assert files.text("a.py") == ""
    assert files.text("b.py") == "x" * 10
    assert files.unread == {"a.py": "larger than 10 bytes"}


def test_all_files_together_are_bounded(folder: Folder) -> None:
    files = scan(folder({"a.py": "x" * 9, "b.py": "x" * 9}), Limits(total_size=10))
    assert files.text("a.py")
    assert files.text("b.py") == ""
    assert files.unread == {"b.py": "more than 10 bytes in all"}


def test_what_is_parsed_is_bounded(folder: Folder) -> None:
    files = scan(folder({"a.py": "x = 1", "b.py": "y = 1"}), Limits(parsed_size=5))
    assert files.python("a.py").body
    assert files.python("b.py").body == []
    assert files.unread == {"b.py": "more than 5 bytes of Python in all"}


def test_a_file_that_became_a_pipe_is_not_waited_for(folder: Folder) -> None:
    root = folder({"a.py": "x"})
    files = scan(root)
    (root / "a.py").unlink()
    os.mkfifo(root / "a.py")
    assert files.text("a.py") == ""
    assert files.unread == {"a.py": "not a regular file"}


def test_a_file_that_became_a_link_to_elsewhere_is_not_read(folder: Folder, tmp_path: Path) -> None:
    root = folder({"a.py": "x"})
    (tmp_path / "secret").write_text("hunter2")
    files = scan(root)
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(tmp_path / "secret")
    assert files.text("a.py") == ""
    assert files.unread == {"a.py": "leads out of the folder"}


def test_a_file_that_vanished_is_named(folder: Folder) -> None:
    root = folder({"a.py": "x"})
    files = scan(root)
    (root / "a.py").unlink()
    assert files.text("a.py") == ""
    assert "a.py" in files.unread


def test_doubtful_python_gives_no_warnings(repo: Repo) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert repo({"a.py": "x = '\\d'\nif x is 1: pass"}).python("a.py").body


def test_files_of_tests_are_not_offered(repo: Repo) -> None:
    assert repo({"tests/a.py": "", "b.py": "", "c.js": ""}).ending(".py") == ("b.py",)


def test_folders_are_known(repo: Repo) -> None:
    assert repo({"a/b/c.py": ""}).folders == {".", "a", "a/b"}

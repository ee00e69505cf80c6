import os
from collections.abc import Callable
from pathlib import Path

import pytest

from uz.detect.walk import Limits, aside, walk

Folder = Callable[[dict[str, str]], Path]


def paths(root: Path, limits: Limits | None = None) -> tuple[str, ...]:
    return walk(root, limits or Limits())[0]


def test_shallow_files_come_first(folder: Folder) -> None:
    root = folder({"a/b/deep.py": "", "z.py": "", "a/near.py": ""})
    assert paths(root) == ("z.py", "a/near.py", "a/b/deep.py")


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/lib/flask/app.py",
        "node_modules/express/index.js",
        "python/pyvenv.cfg",
        "python/lib/site.py",
        "checkout/.git/HEAD",
        "checkout/app.py",
        "dist/main.js",
        "shop/__pycache__/main.py",
    ],
)
def test_what_others_wrote_or_a_tool_made_is_not_looked_at(folder: Folder, path: str) -> None:
    marks = {"python/pyvenv.cfg": "", "checkout/.git/HEAD": ""}
    assert paths(folder({path: "", **marks, "app.py": ""})) == ("app.py",)


def test_a_folder_that_is_only_called_like_an_environment_counts(folder: Folder) -> None:
    assert paths(folder({"env/main.py": ""})) == ("env/main.py",)


def test_the_repository_itself_may_be_a_git_repository(folder: Folder) -> None:
    assert paths(folder({".git/HEAD": "", "app.py": ""})) == ("app.py",)


def test_a_link_that_leaves_the_tree_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    root = folder({"app.py": ""})
    outside = tmp_path / "outside.py"
    outside.write_text("secret")
    (root / "linked.py").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    assert paths(root) == ("app.py",)


def test_a_link_inside_the_tree_is_a_file(folder: Folder) -> None:
    root = folder({"real.txt": ""})
    (root / "requirements.txt").symlink_to("real.txt")
    assert paths(root) == ("real.txt", "requirements.txt")


def test_links_that_go_round_or_lead_nowhere_are_named(folder: Folder) -> None:
    root = folder({})
    (root / "round").symlink_to("round")
    (root / "gone").symlink_to("nothing")
    found, unread = walk(root, Limits())
    assert found == ()
    assert set(unread) == {"round", "gone"}


def test_pipes_and_sockets_are_no_files(folder: Folder) -> None:
    root = folder({"app.py": ""})
    os.mkfifo(root / "package.json")
    assert paths(root) == ("app.py",)


def test_a_name_that_is_not_unicode_is_reported(folder: Folder) -> None:
    root = folder({})
    with open(os.fsencode(root) + b"/bad\xff.py", "w"):  # noqa: PTH123
        pass
    found, unread = walk(root, Limits())
    assert found == ()
    assert list(unread.values()) == ["its name is not UTF-8"]


def test_the_number_of_files_is_bounded_and_the_bound_is_told(folder: Folder) -> None:
    root = folder({f"{number}.py": "" for number in range(30)})
    found, unread = walk(root, Limits(files=10))
    assert len(found) == 10
    assert "first 10 files" in unread["…"]


def test_the_number_of_empty_folders_is_bounded_too(folder: Folder) -> None:
    root = folder({})
    for number in range(30):
        (root / str(number)).mkdir()
    assert "…" in walk(root, Limits(files=10))[1]


def test_the_depth_is_bounded_and_the_bound_is_told(folder: Folder) -> None:
    found, unread = walk(folder({"a/b/c/d/e.py": "", "a/f.py": ""}), Limits(depth=2))
    assert found == ("a/f.py",)
    assert unread == {"a/b/c": "too deep"}


def test_a_folder_that_cannot_be_listed_is_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({"closed/a.py": "", "b.py": ""})
    listed = os.scandir

    def scandir(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert walk(root, Limits()) == (("b.py",), {"closed": "Permission denied"})


@pytest.mark.parametrize(
    "path",
    ["tests/app.py", "a/test_main.py", "conftest.py", "src/app.test.ts", "examples/x/app.py"],
)
def test_tests_and_examples_are_set_aside(path: str) -> None:
    assert aside(path)


@pytest.mark.parametrize("path", ["contest.py", "latest/app.py", "shop/attest.py", "testament.py"])
def test_names_that_only_contain_test_are_not_set_aside(path: str) -> None:
    assert not aside(path)

import argparse
from pathlib import Path

import pytest

from uz.cli import init
from uz.errors import MachineError, UzError
from uz.spec import load

APP = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/ready')\ndef ready(): ...\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small app that can be started."""
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("fastapi\nuvicorn\n")
    return tmp_path


def run(project: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    init.add_arguments(parser)
    return init.run(parser.parse_args(words, argparse.Namespace(project=project)))


def test_a_file_that_loads_is_written(shop: Path) -> None:
    assert run(shop) == 0
    assert load(shop).app.command == "uvicorn main:app --host 127.0.0.1 --port $PORT"


def test_what_was_found_is_printed_with_its_place_and_the_next_step(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shop)
    printed = capsys.readouterr().out
    assert "main.py:3: @app.get('/ready')" in printed
    assert "uz doctor" in printed
    assert "uz up" in printed


def test_what_was_not_found_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 2
    printed = capsys.readouterr().out
    assert "Not found:" in printed
    assert "app.command: missing" in printed
    assert (tmp_path / "uz.toml").exists()


def test_an_existing_file_is_not_overwritten(shop: Path) -> None:
    (shop / "uz.toml").write_text("mine")
    with pytest.raises(UzError, match="exists already") as refused:
        run(shop)
    assert "--force" in refused.value.hint
    assert (shop / "uz.toml").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_an_existing_file_too(shop: Path, tmp_path: Path) -> None:
    (shop / "uz.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UzError, match="exists already"):
        run(shop)
    assert not (tmp_path / "elsewhere").exists()


def test_force_overwrites_the_file_and_not_what_a_link_leads_to(shop: Path) -> None:
    other = shop / "other"
    other.write_text("mine")
    (shop / "uz.toml").symlink_to(other)
    assert run(shop, "--force") == 0
    assert other.read_text() == "mine"
    assert load(shop).app.health == "/ready"


def test_print_shows_the_text_and_writes_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "uz.toml").write_text("mine")
    assert run(shop, "--print") == 0
    assert 'health = "/ready"' in capsys.readouterr().out
    assert (shop / "uz.toml").read_text() == "mine"


def test_a_file_that_cannot_be_written_leaves_nothing_behind(shop: Path) -> None:
    (shop / "uz.toml").mkdir()
    (shop / "uz.toml" / "inside").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        run(shop, "--force")
    assert sorted(path.name for path in shop.iterdir()) == [
        "main.py",
        "requirements.txt",
        "uz.toml",
    ]


def test_others_may_read_the_file(shop: Path) -> None:
    run(shop)
    assert (shop / "uz.toml").stat().st_mode & 0o777 == 0o644


def test_a_missing_folder_is_the_users_to_fix(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="no such folder"):
        run(tmp_path / "nowhere")


def test_quiet_prints_only_the_result(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init.run(argparse.Namespace(project=shop, force=False, print=False, quiet=True))
    assert "Looked at" not in capsys.readouterr().out

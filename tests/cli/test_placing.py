import argparse
from pathlib import Path

import pytest

from uz.cli.parser import build
from uz.cli.placing import place_for
from uz.operations import applied


@pytest.mark.parametrize("words", [["--applied", "/e", "jobs"], ["jobs", "--applied", "/e"]])
def test_the_folder_of_an_environment_may_be_given_before_and_after_the_command(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(applied, "chosen_place", lambda *given: asked.extend(given))
    place_for(build("jobs").parse_args(words))
    assert asked == [Path.cwd(), "production", Path("/e")]


def test_without_it_the_project_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(applied, "chosen_place", lambda *given: asked.extend(given))
    place_for(build("jobs").parse_args(["--project", "/p", "--env", "e", "jobs"]))
    assert asked == [Path("/p"), "e", None]


def test_the_option_is_for_jobs_and_not_shown() -> None:
    parser = build("jobs")
    assert isinstance(parser, argparse.ArgumentParser)
    assert "--applied" not in parser.format_help()

"""`python -m uz.reference`."""

from pathlib import Path

import pytest

from uz.reference.__main__ import main


def test_it_writes_what_is_stale_and_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert f"{tmp_path}/commands.md: written\n" in capsys.readouterr().out
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_a_check_writes_nothing_and_fails_while_something_is_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", str(tmp_path)]) == 1
    assert f"{tmp_path}/json.md: stale\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    main([str(tmp_path)])
    assert main(["--check", str(tmp_path)]) == 0

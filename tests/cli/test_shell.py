import pytest
from tests.places import Projects

from uz.cli import main


def test_only_stores_that_uz_knows_have_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["shell", "mongodb"])
    assert raised.value.code == 2
    assert "invalid choice: 'mongodb'" in capsys.readouterr().err


def test_an_app_without_the_store_is_told_what_to_write(
    projects: Projects, capsys: pytest.CaptureFixture[str]
) -> None:
    project = projects.applied().project
    assert main(["--project", str(project), "shell", "redis"]) == 2
    assert "uz.toml has no [redis]" in capsys.readouterr().err

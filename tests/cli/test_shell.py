import pytest
from tests.places import Projects

from uz.cli import main
from uz.operations import open_shell
from uz.operations import place as placing


@pytest.fixture(autouse=True)
def _all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Miss no program: the machine of tests has not all of them."""
    monkeypatch.setattr(placing, "require", lambda *_: None)


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


@pytest.mark.parametrize(("store", "said"), [("database", "[database]"), ("redis", "[redis]")])
def test_each_store_that_is_missing_is_named(
    projects: Projects, capsys: pytest.CaptureFixture[str], store: str, said: str
) -> None:
    project = projects.applied().project
    assert main(["--project", str(project), "shell", store]) == 2
    assert f"uz.toml has no {said}\nnext: Add" in capsys.readouterr().err


def test_a_database_that_is_down_has_no_shell(
    projects: Projects, capsys: pytest.CaptureFixture[str]
) -> None:
    project = projects.applied(database={}).project
    assert main(["--project", str(project), "shell", "database"]) == 2
    assert "shop (production) is down\nnext: `uz up` brings it up." in capsys.readouterr().err


def test_the_shells_own_exit_code_is_the_commands(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = projects.applied(database={}).project
    monkeypatch.setattr(open_shell, "database_shell", lambda _place: 3)
    assert main(["--project", str(project), "shell", "database"]) == 3

from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.cli.secrets.conftest import Typed
from tests.places import Projects

from uz.errors import UnreachableError
from uz.secret import Secret
from uz.spec import load
from uz.testing import MemoryManager
from uz.trail import entries

DRAWN = "q7Xv" + "2mPz" + "9KdLw4Rt"
BAO = {"manager": "openbao"}


@pytest.fixture
def file(projects: Projects) -> Path:
    path = projects.applied(secrets=BAO).project / ".env"
    path.write_text(f"API_TOKEN={DRAWN}\nLEVEL=info\nPORT=80\n")
    return path


def test_the_plan_shows_where_all_goes_and_no_value(uz: Uz, file: Path) -> None:
    said = uz("secrets", "import", str(file), "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert [line.split() for line in said.out.splitlines()] == [
        ["NAME", "WHAT", "WHY", "WHERE"],
        ["API_TOKEN", "secret", "its", "name", "secret/api-token,", "uz.toml"],
        ["LEVEL", "setting", "uz.toml"],
        ["PORT", "left", "Uz", "sets", "it", "itself", "stays", "where", "it", "is"],
        ["nothing", "was", "changed"],
    ]
    assert DRAWN in file.read_text()


def test_without_a_yes_nothing_is_changed(uz: Uz, file: Path, manager: MemoryManager) -> None:
    said = uz("secrets", "import", str(file))
    assert said.code == 2
    assert said.out.endswith("nothing was changed\n")
    assert (DRAWN in file.read_text(), manager.versions) == (True, {})


def test_with_a_yes_all_is_done_and_what_comes_next_is_said(
    uz: Uz, file: Path, manager: MemoryManager, projects: Projects
) -> None:
    said = uz("secrets", "import", str(file), "--yes")
    assert (said.code, said.err) == (0, "")
    assert "1 secret is in a manager in memory, read back and compared" in said.out
    assert "next: commit uz.toml" in said.out
    assert "rotated" in said.out
    assert DRAWN not in said.out
    assert (
        file.read_text() == "API_TOKEN=ref+vault://secret/api-token#/value\nLEVEL=info\nPORT=80\n"
    )
    assert set(load(file.parent).app.env) == {"API_TOKEN", "LEVEL"}
    (entry,) = entries(projects.place(secrets=BAO).layout.trail)
    assert entry.outcome == "done"


def test_a_second_time_nothing_is_asked(uz: Uz, file: Path, manager: MemoryManager) -> None:
    uz("secrets", "import", str(file), "--yes")
    said = uz("secrets", "import", str(file))
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith(f"{file}: nothing to do\n")


def test_another_value_is_replaced_after_a_second_yes_only(
    uz: Uz, file: Path, manager: MemoryManager, typed: Typed
) -> None:
    manager.write("secret/api-token", {"value": Secret(b"another-one")})
    typed("y", "n")
    said = uz("secrets", "import", str(file))
    assert said.code == 2
    assert "secret/api-token: another value is kept there, version 1" in said.out
    assert DRAWN in file.read_text()
    typed("y", "y")
    assert uz("secrets", "import", str(file)).code == 0
    assert len(manager.versions["secret/api-token"]) == 2


def test_what_stays_in_plain_text_is_told_with_code_2(
    uz: Uz, file: Path, manager: MemoryManager
) -> None:
    file.write_text(f"API_TOKEN={DRAWN}\nDB_PASSWORD=hunter2\n")
    said = uz("secrets", "import", str(file), "--yes")
    assert said.code == 2
    assert "stays there in plain text: DB_PASSWORD (line 2)" in said.err
    assert "hunter2" not in said.out + said.err
    assert "DB_PASSWORD=hunter2" in file.read_text()
    assert DRAWN not in file.read_text()


def test_all_keeps_every_variable(uz: Uz, file: Path, manager: MemoryManager) -> None:
    file.write_text("GREETING=hello, world\n")
    assert uz("secrets", "import", str(file), "--yes", "--all").code == 0
    assert "secret/greeting" in manager.versions


def test_a_manager_that_does_not_answer_leaves_the_files_as_they_were(
    uz: Uz, file: Path, manager: MemoryManager
) -> None:
    manager.failing = UnreachableError("no answer")
    before = file.read_text(), (file.parent / "uz.toml").read_text()
    said = uz("secrets", "import", str(file), "--yes")
    assert (said.code, said.err) == (2, "uz: no answer\n")
    assert (file.read_text(), (file.parent / "uz.toml").read_text()) == before


def test_an_empty_file_and_one_that_is_not_there_are_told(uz: Uz, file: Path) -> None:
    assert "No such file" in uz("secrets", "import", str(file.with_name("none"))).err
    file.write_text("# nothing\n")
    said = uz("secrets", "import", str(file))
    assert (said.code, said.out) == (0, f"{file}: nothing to do\n")

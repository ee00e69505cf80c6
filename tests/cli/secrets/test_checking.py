from tests.cli.conftest import Uz
from tests.places import Projects

from uz.secret import Secret
from uz.testing import MemoryManager

REFERENCE = "ref+vault://secret/stripe-key#/value"


def test_all_is_well_with_code_0(uz: Uz, projects: Projects, manager: MemoryManager) -> None:
    projects.applied(secrets={"manager": "openbao"}, app={"env": {"STRIPE_KEY": REFERENCE}})
    manager.write("secret/stripe-key", {"value": Secret(b"hunter2hunter2")})
    manager.write("secret/left", {"value": Secret(b"hunter2hunter2")})
    said = uz("secrets", "check")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "secret/left: no service reads it\n1 of 1 references of uz.toml lead to a secret\n"
    )


def test_every_problem_is_listed_with_code_2(
    uz: Uz, projects: Projects, manager: MemoryManager
) -> None:
    env = {"A": REFERENCE, "B": "ref+vault://secret/stripe-key#/none", "C": "ref+file://none",
           "D": "ref+vault://secret/short#/value"}  # fmt: skip
    projects.applied(secrets={"manager": "openbao"}, app={"env": env})
    manager.write("secret/stripe-key", {"value": Secret(b"hunter2hunter2")})
    manager.write("secret/short", {"value": Secret(b"hunter2")})
    said = uz("secrets", "check")
    assert said.code == 2
    assert "1 of 4 references of uz.toml lead to a secret" in said.out
    assert len([line for line in said.out.splitlines() if "(read by app-1, app-2)" in line]) == 3
    assert "hunter2" not in said.out


def test_files_of_a_developer_are_checked_without_a_manager(uz: Uz, projects: Projects) -> None:
    project = projects.applied(app={"env": {"A": "ref+file://key"}}).project
    assert uz("secrets", "check").code == 2
    (project / "key").write_text("hunter2hunter2")
    assert uz("secrets", "check").code == 0

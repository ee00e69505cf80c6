import sys

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations import uninstall as uninstalling
from uz.shell import Completed
from uz.targets.local.ledger import Ledger, write_ledger


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Sit at a terminal and type this."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: text)


def test_where_nothing_was_made_nothing_is_asked(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("uninstall")
    assert (said.code, said.out) == (0, "Uz created nothing for shop on this machine\n")


def test_a_list_removes_nothing(uz: Uz, projects: Projects) -> None:
    place = projects.applied()
    said = uz("uninstall", "--list", "--yes")
    assert said.code == 0
    assert str(place.layout.root) in said.out
    assert place.layout.state.exists()


@pytest.mark.parametrize("text", ["yes", "y", "", "Shop"])
def test_all_data_goes_only_for_the_apps_own_name(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    place = projects.applied()
    types(monkeypatch, text)
    said = uz("uninstall")
    assert (said.code, said.out.splitlines()[-1]) == (2, "nothing was changed")
    assert place.layout.state.exists()


def test_without_a_terminal_nothing_is_removed(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = projects.applied()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    said = uz("uninstall")
    assert said.code == 2
    assert "use --yes" in said.err
    assert place.layout.state.exists()


def test_the_apps_name_removes_everything(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.applied()
    types(monkeypatch, " shop ")
    said = uz("uninstall")
    assert said.code == 0
    assert said.out.endswith("shop: everything that Uz created is removed\n")
    assert not projects.home.exists()


@pytest.mark.parametrize("packages", [True, False])
def test_packages_that_stay_are_told(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch, packages: bool
) -> None:
    projects.applied()
    write_ledger(projects.home, Ledger(packages=("nginx",)))
    monkeypatch.setattr(uninstalling, "run", lambda argv, **_: Completed(tuple(argv), 0, "", ""))
    said = uz("uninstall", "--yes", *(["--packages"] if packages else []))
    kept = "the packages it added are kept; to remove them: apt-get remove nginx\n"
    assert said.out.endswith(kept) is not packages

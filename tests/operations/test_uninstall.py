from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import BusyError, MachineError, ProgramError
from uz.operations import uninstall as uninstalling
from uz.operations.place import Place
from uz.operations.uninstall import removals, uninstall
from uz.shell import Completed
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.layout import Layout, machine_trail
from uz.targets.local.ledger import Ledger, ledger_path, read_ledger, write_ledger
from uz.targets.local.state import locked
from uz.trail import entries


def silent(_name: str, _what: str) -> None:
    """Say nothing."""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that would have been run."""
    found: list[tuple[str, ...]] = []

    def run(argv: Sequence[str], *, timeout: float) -> Completed:
        assert timeout > 0
        found.append(tuple(argv))
        return Completed(tuple(argv), 0, "", "")

    monkeypatch.setattr(uninstalling, "run", run)
    return found


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.applied()


def ledger(projects: Projects, *files: Path) -> None:
    """Let Uz have changed the machine."""
    for path in files:
        path.write_text("by Uz")
    write_ledger(
        projects.home,
        Ledger(
            packages=("nginx",), users=("uz",), files=tuple(map(str, files)),
            disabled_units=("nginx.service",),
        ),
    )  # fmt: skip


def remove(place: Place, *, packages: bool = False) -> None:
    uninstall(
        removals(place.layout.home, "shop", place.project), packages=packages, progress=silent
    )


def test_where_nothing_was_made_nothing_is_listed(projects: Projects) -> None:
    assert removals(projects.home, "shop", projects.folder / "project").lines(packages=True) == []


def test_everything_is_listed_before_anything_happens(projects: Projects, place: Place) -> None:
    unit, sysctl = projects.folder / "uz-shop-production.service", projects.folder / "60.conf"
    ledger(projects, unit, sysctl)
    (projects.home / ".tools").mkdir()
    assert removals(projects.home, "shop", projects.folder / "project").lines(packages=True) == [
        f"data     {place.layout.root} with data, releases and secrets (production)",
        f"folder   {projects.home / 'shop'}",
        f"file     {unit}",
        "user     uz",
        f"file     {sysctl}",
        f"folder   {projects.home / '.tools'}",
        "packages nginx",
    ]
    assert unit.exists()


def test_packages_are_listed_only_where_they_go(projects: Projects, place: Place) -> None:
    ledger(projects)
    lines = removals(place.layout.home, "shop", place.project).lines(packages=False)
    assert not [line for line in lines if line.startswith("packages")]


def test_all_of_it_is_removed_and_nothing_else(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    unit, sysctl = projects.folder / "uz-shop-production.service", projects.folder / "60.conf"
    stranger = projects.folder / "stranger.conf"
    stranger.write_text("not by Uz")
    ledger(projects, unit, sysctl)
    (projects.home / ".tools").mkdir()
    remove(place)
    assert not projects.home.exists()
    assert not unit.exists()
    assert not sysctl.exists()
    assert stranger.exists()
    assert commands == [("userdel", "uz")]


def test_tools_that_lie_elsewhere_stay_there_and_only_the_link_goes(
    projects: Projects, place: Place, commands: list[tuple[str, ...]], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "tools"
    elsewhere.mkdir()
    (projects.home / ".tools").symlink_to(elsewhere)
    found = removals(projects.home, place.layout.app, place.project)
    uninstall(found, packages=False, progress=silent)
    assert elsewhere.is_dir()
    assert not projects.home.exists()


def test_packages_go_only_where_asked(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    ledger(projects)
    remove(place, packages=True)
    assert ("apt-get", "remove", "-y", "nginx") in commands


def test_packages_stay_where_others_that_uz_did_not_add_would_go_with_them(
    projects: Projects, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []

    def run(argv: Sequence[str], *, timeout: float) -> Completed:
        assert timeout > 0
        ran.append(tuple(argv))
        return Completed(tuple(argv), 0, "Remv php-nginx [8.2]\nRemv nginx [1.22]\n", "")

    ledger(projects)
    monkeypatch.setattr(uninstalling, "run", run)
    with pytest.raises(ProgramError, match="these cannot stay: php-nginx$"):
        remove(place, packages=True)
    assert [one for one in ran if one[0] == "apt-get" and "--simulate" not in one] == []
    assert read_ledger(projects.home).packages == ("nginx",)


def test_folders_that_uz_made_go_where_nothing_else_is_in_them(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    outer, inner = projects.folder / "common", projects.folder / "common" / "createcluster.d"
    inner.mkdir(parents=True)
    ledger(projects, inner / "uz.conf")
    write_ledger(
        projects.home, read_ledger(projects.home).with_more(folders=(str(outer), str(inner)))
    )
    (outer / "root.crt").write_text("of the package")
    lines = removals(projects.home, "shop", place.project).lines(packages=False)
    assert f"folder   {inner}, if nothing else is in it" in lines
    remove(place)
    assert [path.name for path in outer.iterdir()] == ["root.crt"]
    assert commands == [("userdel", "uz")]


def test_a_ledger_of_before_there_were_folders_in_it_is_read(projects: Projects) -> None:
    projects.home.mkdir(exist_ok=True)
    ledger_path(projects.home).write_text('{"packages": ["nginx"], "users": [], "files": []}')
    assert read_ledger(projects.home) == Ledger(packages=("nginx",))


def test_with_another_app_left_the_machine_stays_as_it_is(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    unit, sysctl = projects.folder / "uz-shop-production.service", projects.folder / "60.conf"
    ledger(projects, unit, sysctl)
    (projects.home / "blog").mkdir()
    (projects.home / "blog" / "audit.jsonl").touch()
    remove(place, packages=True)
    assert (projects.home / "blog").is_dir()
    assert not place.layout.root.exists()
    assert not unit.exists()
    assert sysctl.exists()
    assert read_ledger(projects.home).files == (str(sysctl),)
    assert commands == []
    assert [one.command for one in entries(machine_trail(projects.home))] == ["uz uninstall"]


def test_another_apps_unit_stays(projects: Projects, place: Place) -> None:
    unit = projects.folder / "uz-shopping-production.service"
    ledger(projects, unit)
    (projects.home / "shopping").mkdir()
    (projects.home / "shopping" / "audit.jsonl").touch()
    remove(place)
    assert unit.exists()


def test_files_of_others_in_the_home_are_kept_and_named(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    (projects.home / "thesis.txt").write_text("years of work")
    with pytest.raises(MachineError, match=r"kept, as it holds .* thesis\.txt"):
        remove(place)
    assert (projects.home / "thesis.txt").exists()
    assert commands == []


def test_files_of_others_beside_the_environments_are_kept_and_named(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    folder = place.layout.app_folder
    (folder / "notes").mkdir()
    (folder / "notes" / "thesis.txt").write_text("years of work")
    (folder / "yarn.lock").write_text("pinned")
    with pytest.raises(MachineError, match=r"kept, as it holds .* notes, yarn\.lock"):
        remove(place)
    assert (folder / "notes" / "thesis.txt").exists()
    assert not place.layout.root.exists()
    assert commands == []


def test_an_environment_that_is_worked_on_is_not_removed(place: Place) -> None:
    with locked(place.layout, "up"), pytest.raises(BusyError):
        remove(place)
    assert place.layout.state.exists()


@pytest.mark.parametrize(
    ("said", "fails"),
    [("userdel: user 'uz' does not exist", False), ("userdel: user uz is currently used", True)],
)
def test_a_user_that_is_gone_already_is_fine(
    projects: Projects, place: Place, monkeypatch: pytest.MonkeyPatch, said: str, fails: bool
) -> None:
    ledger(projects)
    monkeypatch.setattr(uninstalling, "run", lambda argv, **_: Completed(tuple(argv), 6, "", said))
    if fails:
        with pytest.raises(ProgramError, match="currently used"):
            remove(place)
        assert read_ledger(projects.home).users == ("uz",)
    else:
        remove(place)
        assert not projects.home.exists()


def test_what_another_project_of_this_name_made_is_not_listed_but_refused(
    projects: Projects, place: Place
) -> None:
    with pytest.raises(MachineError, match="belongs to the project"):
        removals(place.layout.home, "shop", projects.folder / "elsewhere")
    assert place.layout.root.is_dir()


def test_what_an_interrupted_recovery_and_killed_commands_left_goes_too(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    folder = place.layout.app_folder
    for name in ("production", "lost"):
        (folder / f"{name}.recovering" / "data").mkdir(parents=True)
    (folder / "lost.bootstrap").write_text("made by the recovery")
    (folder / "production.backups.lock").write_text("uz backup now (process 7)")
    (folder / "production-drill.lock").write_text("uz drill (process 7)")
    lines = removals(projects.home, "shop", place.project).lines(packages=False)
    assert f"data     {folder}/lost.recovering, left by an interrupted recovery" in lines
    remove(place)
    assert not folder.exists()
    assert commands == []


def test_a_lock_that_somebody_holds_is_kept(
    projects: Projects, place: Place, commands: list[tuple[str, ...]]
) -> None:
    folder = place.layout.app_folder
    other = Layout(projects.home, "shop", "gone")
    with backups_held(other, "restore"), pytest.raises(MachineError, match=r"gone\.backups\.lock"):
        remove(place)
    assert folder.exists()
    assert commands == []

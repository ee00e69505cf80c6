"""`uz secrets import`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from uz.cli.screen import Screen, harmless

if TYPE_CHECKING:
    from uz.operations.import_env import Import
    from uz.operations.place import Place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets import`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="such as .env")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--all", action="store_true", help="take every variable for a secret, settings too"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plan, change and send nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the plan, ask, keep the secrets, prove that they are kept, and rewrite the files."""
    from uz.cli.asking import agreed
    from uz.operations.import_env import prepare_import, replace_files
    from uz.operations.place import changing, place_of, same_project
    from uz.spec import load

    screen = Screen(quiet=arguments.quiet)
    project = arguments.project.resolve()
    found = prepare_import(
        project, load(project, arguments.environment), arguments.file, everything=arguments.all
    )
    _show(screen, found)
    if arguments.dry_run:
        screen.line("nothing was changed")
        return 0
    if found.to_do:
        if not agreed("Do this?", yes=arguments.yes):
            screen.line("nothing was changed")
            return 2
        place = place_of(arguments.project, arguments.environment)
        same_project(place.layout, place.project)
        with changing(place.layout, " ".join(arguments.words)):
            if found.secrets and not _stored(screen, arguments, place, found):
                screen.line("nothing was changed")
                return 2
            for path in replace_files(found):
                screen.step(path.name, "written")
    _conclude(screen, found)
    return 0


def _show(screen: Screen, found: "Import") -> None:
    if found.plan:
        screen.table(
            ("NAME", "WHAT", "WHY", "WHERE"),
            [(harmless(one.name), one.what, one.why, one.where) for one in found.plan],
        )


def _stored(screen: Screen, arguments: argparse.Namespace, place: "Place", found: "Import") -> bool:
    """Keep the secrets; False where other values are kept already, and are to stay."""
    from uz.cli.asking import agreed
    from uz.operations.import_env import differing, kept_before, store
    from uz.operations.managed import managed

    manager = managed(place, screen.step).manager
    before = kept_before(manager, found)
    others = differing(found, before)
    for one in others:
        screen.line(f"{one.path}: another value is kept there, version {before[one.name].version}")
    question = f"Replace {len(others)} of them by what {found.env_file.path} has?"
    if others and not agreed(question, yes=arguments.yes):
        return False
    store(manager, found, before, screen.step)
    count = len(found.secrets)
    are = "1 secret is" if count == 1 else f"{count} secrets are"
    screen.line(f"{are} in {manager.name}, read back and compared")
    return True


def _conclude(screen: Screen, found: "Import") -> None:
    """What is to be done next. Raises SpecError where secrets stay in the file."""
    from uz.errors import SpecError

    file = found.env_file.path
    if not found.to_do:
        screen.line(f"{file}: nothing to do")
    else:
        screen.note("next: commit uz.toml, and run `uz up`")
        screen.note(
            f"Who has seen {file}, or a commit with it, still knows the values: `uz secrets scan`"
            " looks into the history, and what was ever committed has to be rotated."
        )
    exposed = [one for one in found.plan if one.exposed]
    if exposed:
        names = ", ".join(f"{one.name} (line {one.line})" for one in exposed)
        raise SpecError(
            f"{file}: what seems to be secret stays there in plain text: {names}",
            hint="Give each a value and a name that can be kept, and import again; what is no"
            " secret is named in app.plain_env.",
        )

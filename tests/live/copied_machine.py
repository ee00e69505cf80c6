"""A copy of this machine, to install and remove in: what is written in it is forgotten with it.

An overlay over the root folder, with mounts and processes of its own; the network is the same.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.live.stage import Ran, holds_within

from uz.machine import OPENBAO
from uz.targets.local.tools import GITLEAKS, SSLYZE_VERSION

SETUP = """
set -eu
mount -t tmpfs -o size=2g tmpfs "$0"
mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
for place in dev sys; do mount --rbind "/$place" "$0/root/$place"; done
mount -t proc proc "$0/root/proc"
mount -t tmpfs tmpfs "$0/root/run"
[ -d "$0/root$1" ] || { mkdir -p "$0/root$1"; mount --rbind "$1" "$0/root$1"; }
touch "$0/root/run/copied"
exec chroot "$0/root" sleep 1200
"""


TOOLS = f"""
cd "$(mkdir -p /uz-home/.tools && echo /uz-home/.tools)"
mkdir -p sslyze-{SSLYZE_VERSION}/bin {OPENBAO} {GITLEAKS}
touch sslyze-{SSLYZE_VERSION}/bin/sslyze {GITLEAKS}/gitleaks
printf '#!/bin/sh\\necho OpenBao v2.7.2\\n' > {OPENBAO}/bao
chmod 755 {OPENBAO}/bao
"""
"""A script that lets the tools look as if they were there: installing them has its own tests."""


@dataclass(frozen=True)
class Copy:
    """The copy of the machine, by the process that holds it."""

    pid: int
    project: Path

    def run(self, *words: str, **environment: str) -> Ran:
        """Run a command in the copy."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--root", "--wd=/"]
        done = subprocess.run(
            [*enter, *words], env={**os.environ, "UZ_HOME": "/uz-home", **environment},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr, 0)

    def uz(self, *words: str, **environment: str) -> Ran:
        """Run Uz in the copy."""
        project = ("--project", str(self.project))
        return self.run(sys.executable, "-m", "uz", *project, *words, **environment)

    def shell(self, script: str) -> str:
        """Run a script that must succeed; return what it printed."""
        ran = self.run("sh", "-ec", script)
        assert ran.code == 0, ran
        return ran.stdout.strip()

    def path(self, path: str) -> Path:
        """A path of the copy, as it is seen from here."""
        return Path(f"/proc/{self.pid}/root{path}")


@contextmanager
def copied(repository: Path, project: Path) -> Iterator[Copy]:
    """Copy the machine; skip the test where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="uz-t-copy-", dir="/tmp") as folder:
        holder = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child",
             "sh", "-c", SETUP, folder, str(repository)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            if not holds_within(20, lambda: _ready(holder)):
                holder.kill()
                pytest.skip(f"this machine cannot be copied: {holder.communicate()[1]}")
            (inner,) = psutil.Process(holder.pid).children()
            yield Copy(inner.pid, project)
        finally:
            holder.kill()
            holder.communicate()


def _ready(holder: "subprocess.Popen[str]") -> bool:
    try:
        inner = psutil.Process(holder.pid).children()
        return bool(inner) and Path(f"/proc/{inner[0].pid}/root/run/copied").exists()
    except (psutil.Error, OSError):
        return False

"""The programs that run in an app's release, with drivers that are pretended."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from uz.checklist.pooling.programs import FIND_NODE, FIND_PYTHON, TRY_NODE, TRY_PYTHON

NODE = pytest.mark.skipif(not shutil.which("node"), reason="needs node")
PSYCOPG = '''\
"""A driver that prepares what a connection sends for the sixth time, for one pooled server."""
__version__ = "3.3.9 (pretended)"
prepared = set()
class connect:
    def __init__(self, url, autocommit, prepare_threshold=5):
        assert url.startswith("postgresql://") and autocommit
        self.sent, self.threshold, self.number = 0, prepare_threshold, len(prepared)
    def cursor(self):
        return self
    def execute(self, text, values=()):
        self.sent += bool(values)
        if values and self.threshold is not None and self.sent == self.threshold + 1:
            if prepared:
                raise RuntimeError('prepared statement "_pg3_0" already exists\\nmore')
            prepared.add(self)
    def fetchone(self):
        return (1,)
'''
PG = """\
exports.Client = class {
  constructor(url) { if (!url.startsWith("postgresql://")) throw new Error("no url"); }
  async connect() {}
  async query(text, values) {
    if (text === "BEGIN" && process.env.REFUSED) throw new Error("refused\\nmore");
    return { rows: [{ n: values ? values[0] : 0 }] };
  }
};
"""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release with drivers of both languages, and the URL."""
    (tmp_path / "psycopg.py").write_text(PSYCOPG)
    package = tmp_path / "node_modules" / "pg"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "8.23.1", "main": "index.js"}))
    (package / "index.js").write_text(PG)
    (tmp_path / "url").write_text("postgresql://app:x@127.0.0.1:1/app\n")
    return tmp_path


def ran(release: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run words in the release."""
    return subprocess.run(
        words, cwd=release, capture_output=True, text=True, timeout=30, check=False,
        env=environment,
    )  # fmt: skip


def python(release: Path, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python program that finds no modules but the release's."""
    return ran(release, sys.executable, "-S", "-c", program, *words)


def node(
    release: Path, program: str, *words: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a program for Node."""
    return ran(release, shutil.which("node") or "node", "-e", program, *words, **environment)


def test_drivers_of_python_are_found_with_their_versions(release: Path) -> None:
    assert python(release, FIND_PYTHON).stdout == "psycopg 3.3.9\n"


@pytest.mark.parametrize("several", ["yes", "no"])
def test_python_as_it_comes_and_in_the_safe_setting(release: Path, several: str) -> None:
    failed = python(release, TRY_PYTHON, "psycopg", "default", "url", several)
    assert (failed.returncode, failed.stderr) == (
        1, 'prepared statement "_pg3_0" already exists\n',
    )  # fmt: skip
    assert python(release, TRY_PYTHON, "psycopg", "safe", "url", several).returncode == 0


@NODE
def test_drivers_of_node_are_found_with_their_versions(release: Path) -> None:
    assert node(release, FIND_NODE).stdout == "pg 8.23.1\n"


@NODE
@pytest.mark.parametrize("several", ["yes", "no"])
def test_node_says_in_one_line_what_went_wrong(release: Path, several: str) -> None:
    assert node(release, TRY_NODE, "pg", "default", "url", several).returncode == 0
    failed = node(release, TRY_NODE, "pg", "default", "url", several, REFUSED="yes")
    assert (failed.returncode, failed.stderr) == (1, "refused\n")

"""The README's commands are run, in order, in a copy of the repository; so is what it promises.

A line that begins with `$ ` is a command. What follows is its output, of which the first two words
of each line are compared, numbers and ports apart, in this order; `…` stands for anything. A
command that does not end with 0 says so: `# exit code 1`.
"""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.docs.pages import Shown, commands
from tests.live.stage import AUTHOR, claim_base, give_back

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(1700)]

APP = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home() -> dict[str, str]:
    return {"hello": "you"}


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
"""
MARK = "@@@"


@dataclass(frozen=True)
class Played:
    """What became of each command, and where its state is."""

    shown: tuple[Shown, ...]
    outputs: tuple[str, ...]
    codes: tuple[int, ...]
    home: Path


def listening_already() -> str:
    """The `[network.allow]` of a machine on which others listen too: they are no strangers."""
    found = {"22/tcp"}
    for one in psutil.net_connections("inet"):
        waits = one.status == psutil.CONN_LISTEN or (one.type == 2 and not one.raddr)
        if waits and one.laddr and not one.laddr.ip.startswith(("127.", "::1")):
            found.add(f"{one.laddr.port}/{'tcp' if one.type == 1 else 'udp'}")
    return "[network.allow]\n" + "".join(f'"{one}" = "was here"\n' for one in sorted(found))


def repository(folder: Path) -> None:
    """Commit everything in a folder."""
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "all"]):
        subprocess.run(["git", *AUTHOR, *words], cwd=folder, check=True, timeout=60)


def copied(root: Path, to: Path) -> None:
    """Copy what git keeps, or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)


def script(shown: tuple[Shown, ...], own_ports: str) -> str:
    """All commands in one shell, each between marks; `uz init` is followed by a user's edit."""
    lines = []
    for one in shown:
        lines += [f"echo; echo '{MARK}'", one.command, f"echo '{MARK}' $?"]
        if one.command == "uz init":
            lines.append(f"cat >> uz.toml <<'END'\n{own_ports}END")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def played(root: Path) -> Iterator[Played]:
    """Play the README from its first command to its last, and clear away what it leaves."""
    if os.geteuid() != 0:
        pytest.skip("bin/demo may ask for sudo, and nobody is here to answer")
    top = Path(tempfile.mkdtemp(prefix="uz-readme-"))
    top.chmod(0o755)  # the app's own user goes through it
    clone, app, home = top / "uz", top / "your-app", top / "home"
    first, second = claim_base(), claim_base()
    environment = {**os.environ, "UZ_HOME": str(home), "NO_COLOR": "1"}
    try:
        copied(root, clone)
        spec = clone / "examples/shop/uz.toml"
        text = spec.read_text().replace("port_base = 22000", f"port_base = {first}")
        spec.write_text(f"{text}\n{listening_already()}")
        app.mkdir()
        (app / "main.py").write_text(APP)
        (app / "requirements.txt").write_text("fastapi\nuvicorn\n")
        repository(clone)
        repository(app)
        ports = f"[edge]\nhttp_port = {second + 80}\nhttps_port = {second + 443}\n"
        own = f"\n{ports}[network]\nport_base = {second}\n{listening_already()}"
        shown = commands(root / "README.md")
        done = subprocess.run(
            ["bash", "-c", script(shown, own)],
            cwd=clone, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1600,
        )  # fmt: skip
        parts = re.findall(rf"^{MARK}\n(.*?)^{MARK} (\d+)$", done.stdout, re.MULTILINE | re.DOTALL)
        yield Played(
            shown, tuple(text for text, _ in parts), tuple(int(code) for _, code in parts), home
        )
    finally:
        for project in (clone / "examples/shop", app):
            words = [str(clone / ".venv/bin/uz"), "--project", str(project), "uninstall", "--yes"]
            if home.exists() and (project / "uz.toml").exists():
                subprocess.run(words, env=environment, check=False, timeout=120)
        left = list(home.rglob("*")) if home.exists() else []
        shutil.rmtree(top)
        give_back(first)
        give_back(second)
    assert left == [], "what `uz uninstall` left behind"


def beginning(line: str) -> str:
    """The first two words, numbers and ports apart."""
    return " ".join(re.sub(r"\d+", "0", re.sub(r":\d+", "", line)).split()[:2])


def test_every_command_ends_as_the_readme_says(played: Played) -> None:
    for shown, code, output in zip(played.shown, played.codes, played.outputs, strict=True):
        assert code == shown.code, f"$ {shown.command}\n{output}"


def test_what_commands_print_looks_as_the_readme_shows_it(played: Played) -> None:
    for shown, output in zip(played.shown, played.outputs, strict=True):
        lines = iter([beginning(line) for line in output.splitlines()])
        for line in shown.output:
            assert line.strip() == "…" or beginning(line) in lines, (
                f"$ {shown.command}\nshown: {line}\nprinted:\n{output}"
            )


def test_folders_have_the_owners_and_modes_that_the_documentation_lists(
    played: Played, root: Path
) -> None:
    page = (root / "docs/architecture.md").read_text().split("<!-- modes:")[1]
    rows = re.findall(r"^\| `([\w./-]+)` \| `(\d+) ([\w-]+):?([\w-]*)` \|", page, re.MULTILINE)
    assert len(rows) > 10
    for name, mode, user, group in rows:
        found = played.home / "shop/demo" / name
        assert f"{stat.S_IMODE(found.stat().st_mode):04o}" == mode, name
        assert found.owner() == user, name
        assert not group or found.group() == group, name

"""Machines that are not as they should be: ports, programs and folders, each named with a cure."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage

pytestmark = pytest.mark.live

OVER = 'mount --bind "$0" "$1" && shift && exec "$@"'


def instead(program: str, script: Path | str) -> tuple[str, ...]:
    """What starts a command to which a program looks like another file; the rest see no change."""
    return ("unshare", "--mount", "sh", "-c", OVER, str(script), program)


@pytest.fixture
def mounts(as_root: None) -> None:
    """Mounts in a namespace of one's own, where this machine allows them."""
    command = [*instead("/usr/bin/tar", "/usr/bin/tar"), "true"]
    if subprocess.run(command, check=False, capture_output=True, timeout=10).returncode:
        pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")


def script(stage: Stage, text: str) -> Path:
    """A program that is only a script."""
    path = stage.top / "fake"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("program", ["nginx", "logrotate", "setpriv", "git", "tar"])
def test_a_missing_program_is_named(stage: Stage, mounts: None, program: str) -> None:
    folder = "/usr/sbin" if program in {"nginx", "logrotate"} else "/usr/bin"
    lacking = instead(f"{folder}/{program}", "/dev/null")
    message = refused(stage.uz("up", prefix=lacking), f"not on this machine: {program} (")
    assert "next: `uz doctor --install`" in message
    assert not stage.home.exists()
    said = stage.uz("doctor", prefix=lacking)
    assert said.code == 2
    assert f"\n{program} " in said.stdout
    assert "MISSING" in said.stdout
    assert "apt-get install" in said.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    {
        "old": (
            "echo nginx version: nginx/1.18.0 >&2",
            "nginx 1.18.0 is too old, 1.19.5 is needed",
        ),
        "silent": ("exit 1", "/usr/sbin/nginx -v tells no version"),
        "garbage": ("echo version one", "/usr/sbin/nginx -v tells no version"),
    }.values(),
)
def test_a_program_that_does_not_fit_is_named(
    stage: Stage, mounts: None, text: str, said: str
) -> None:
    odd = instead("/usr/sbin/nginx", script(stage, text))
    refused(stage.uz("up", prefix=odd), said)
    assert stage.uz("doctor", prefix=odd).code == 2


@pytest.mark.slow
def test_a_program_that_never_ends_is_named(stage: Stage, mounts: None) -> None:
    odd = instead("/usr/sbin/nginx", script(stage, "sleep 60"))
    refused(stage.uz("up", prefix=odd), "/usr/sbin/nginx: still running after 10 s")


def test_a_program_that_fails_when_it_is_needed_is_told(stage: Stage, mounts: None) -> None:
    text = 'case $1 in -v) echo "nginx/1.22.1" >&2;; *) echo "out of luck" >&2; exit 9;; esac'
    odd = instead("/usr/sbin/nginx", script(stage, text))
    refused(stage.uz("up", prefix=odd), "edge ends right", "(exit status 9)", "out of luck", code=1)
    stage.uz("down")
    stage.up()


@pytest.mark.parametrize(
    ("port", "key"),
    [(443, "edge.https_port"), (80, "edge.http_port"), (100, "network.port_base"),
     (81, "network.port_base")],
)  # fmt: skip
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_in_use_is_named_with_its_process(
    stage: Stage, port: int, key: str, host: str
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, stage.base + port))
        taken.listen()
        said = f"port {stage.base + port} is in use by "
        message = refused(stage.uz("up"), said, f"(process {os.getpid()})", key)
        assert mentions_next(message)
    stage.up()


@pytest.fixture
def elsewhere(stage: Stage) -> Iterator[Stage]:
    """A stage whose UZ_HOME the test chooses; it is taken down there."""
    yield stage
    stage.uz("down")


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "a blank": ("a b", "letters, digits and . _ / @ + - are"),
        "a line break": ("a\nb", "letters, digits and . _ / @ + - are"),
        "a quote": ('a"b', "letters, digits and . _ / @ + - are"),
        "a command": ("$(id)", "letters, digits and . _ / @ + - are"),
        "a semicolon": ("a;b", "letters, digits and . _ / @ + - are"),
        "an umlaut": ("ä", "letters, digits and . _ / @ + - are"),
        "too long": ("x" * 80, "too long for a socket"),
        "a file": ("tiny/uz.toml", "is no folder"),
        "below a file": ("tiny/uz.toml/x", "is no folder"),
    }.values(),
)
@pytest.mark.parametrize("command", ["up", "status"])
def test_a_home_that_cannot_be_is_refused(stage: Stage, name: str, said: str, command: str) -> None:
    refused(stage.uz(command, UZ_HOME=f"{stage.top}/{name}"), said, "UZ_HOME=/path")


def test_a_home_of_odd_but_harmless_characters_works(stage: Stage) -> None:
    odd = f"{stage.top}/a+b@c_d.e-f"
    assert stage.uz("up", UZ_HOME=odd).code == 0
    assert stage.uz("down", UZ_HOME=odd).code == 0


def test_a_home_that_is_a_link_is_refused(stage: Stage) -> None:
    (stage.top / "real").mkdir()
    stage.home.symlink_to(stage.top / "real")
    refused(stage.uz("up"), f"{stage.home}: is a symbolic link")
    assert list((stage.top / "real").iterdir()) == []


def test_a_home_of_another_user_is_refused(stage: Stage, as_root: None) -> None:
    stage.home.mkdir(mode=0o755)
    os.chown(stage.home, 65534, 65534)
    refused(stage.uz("up"), f"{stage.home}: belongs to user 65534")


def test_a_home_that_the_services_cannot_reach_is_refused(stage: Stage, as_root: None) -> None:
    closed = stage.top / "closed"
    closed.mkdir(mode=0o700)
    refused(stage.uz("up", UZ_HOME=f"{closed}/h"), f"{closed}/h: the user uz may not pass", "o+x")


def test_a_home_above_which_nothing_exists_is_made_and_can_be_reached(stage: Stage) -> None:
    deep = f"{stage.top}/b/c/d"
    assert stage.uz("up", UZ_HOME=deep).code == 0
    assert stage.uz("down", UZ_HOME=deep).code == 0


@pytest.mark.parametrize("mode", [0o755, 0o711])
def test_a_home_that_holds_other_things_keeps_its_mode_and_them(stage: Stage, mode: int) -> None:
    stage.home.mkdir()
    stage.home.chmod(mode)
    (stage.home / "mine").write_text("mine")
    stage.up()
    assert stage.home.stat().st_mode & 0o777 == mode
    assert (stage.home / "mine").read_text() == "mine"


def test_a_home_that_others_may_write_to_is_refused(stage: Stage) -> None:
    stage.home.mkdir()
    (stage.home / "mine").write_text("mine")
    stage.home.chmod(0o777)
    refused(stage.uz("up"), f"{stage.home}: ", "others may write to it")
    assert stage.home.stat().st_mode & 0o777 == 0o777


def test_a_home_on_a_read_only_disk_is_refused(stage: Stage, mounts: None) -> None:
    stage.home.mkdir()
    prefix = ("unshare", "--mount", "sh", "-c",
              f'mount -t tmpfs -o ro tmpfs {stage.home} && exec "$0" "$@"')  # fmt: skip
    refused(stage.uz("up", prefix=prefix), f"{stage.home}", "not writable for this user")

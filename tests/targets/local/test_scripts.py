import getpass
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.places import short_folder

from uz.components import compose
from uz.errors import SpecError
from uz.stack import Service
from uz.targets.local.scripts import LAUNCH, service_script
from uz.targets.local.users import missing_users
from uz.testing import MACHINE, spec

AWKWARD = st.text(
    st.sampled_from("ab $`'\"\\;|&<>(){}*?~#!%=é\u2028\U0001f600-") | st.characters(codec="utf-8"),
    max_size=12,
)


def shell(script: str, *options: str) -> bytes:
    command = ["/bin/sh", *options]
    done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(service: Service) -> list[str]:
    """What the last words of its script are to a shell: those after the name of the launcher."""
    script = service_script(service, isolated=False)
    tail = script[script.index(f"{service.name} - -") :].partition("\\\n")[2]
    return shell(f'root=/R release=/R/7; printf "%s\\0" {tail}').decode().split("\0")[:-1]


def app(**tables: Any) -> Service:
    return compose(spec(app={"instances": 1, **tables}), MACHINE).service("app-1")


@given(AWKWARD)
def test_a_variable_reaches_the_app_as_it_was_written(value: str) -> None:
    try:
        service = app(env={"VALUE": value})
    except SpecError:
        return
    if "{root}" not in value:
        assert f"VALUE={value}" in started(service)


@given(st.lists(AWKWARD, max_size=3))
def test_a_command_reaches_the_app_word_by_word(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    try:
        service = app(command=f"serve {quoted}")
    except SpecError:
        return
    assert service.command == ("serve", *words)
    if not any("{root}" in word for word in words):
        assert started(service)[-1 - len(words) :] == ["serve", *words]


@given(AWKWARD, AWKWARD)
def test_no_value_breaks_the_script(value: str, word: str) -> None:
    quoted = "'" + word.replace("'", "'\\''") + "'"
    try:
        service = app(env={"VALUE": value}, command=f"serve {quoted}")
    except SpecError:
        return
    for isolated in (True, False):
        shell(service_script(service, isolated=isolated), "-n")


def test_the_environments_folder_is_filled_in_by_the_script() -> None:
    assert "HOME=/R/data/app" in started(app())


def test_the_releases_own_programs_come_first() -> None:
    (path,) = [word for word in started(app()) if word.startswith("PATH=")]
    assert path.startswith("PATH=/R/7/.venv/bin:/R/7/node_modules/.bin:/usr")
    assert "UZ_RELEASE=7" in started(app())


@pytest.mark.parametrize(
    ("isolated", "port", "words"),
    [
        (False, 443, "edge - - "),
        (True, 443, "edge uz net_bind_service "),
        (True, 8443, "edge uz net_bind_service "),
    ],
)
def test_the_edge_has_the_one_right_that_low_ports_need(
    isolated: bool, port: int, words: str
) -> None:
    service = compose(spec(edge={"https_port": port}), MACHINE).service("edge")
    assert f'config/launch" {words}' in service_script(service, isolated=isolated)


def test_without_low_ports_there_is_no_right_at_all() -> None:
    service = compose(spec("trial"), MACHINE).service("edge")
    assert "edge uz - " in service_script(service, isolated=True)
    assert "app-1 uz-app - " in service_script(app(), isolated=True)


def test_the_variables_of_the_app_do_not_reach_the_launcher() -> None:
    script = service_script(app(env={"LD_PRELOAD": "/evil.so"}), isolated=True)
    before, _, after = script.partition("config/launch")
    assert "LD_PRELOAD" not in before
    assert "LD_PRELOAD" in after


@pytest.fixture
def launched() -> Iterator[Path]:
    """A folder with the launcher in its place, that other users may pass."""
    with short_folder() as top:
        for folder in ("config", "run/groups"):
            (top / folder).mkdir(parents=True)
        (top / "config/launch").write_text(LAUNCH)
        yield top


def launch(folder: Path, *command: str, secrets: str = "-") -> str:
    words = ["/bin/sh", str(folder / "config/launch"), "app-1", "-", "-", secrets, *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout


def credential(folder: Path, name: str, value: bytes) -> None:
    """A file as it is delivered."""
    (folder / "credentials/app").mkdir(parents=True, exist_ok=True)
    (folder / f"credentials/app/{name}").write_bytes(value)


PEM = b"-----BEGIN KEY-----\r\nab/+==\r\n-----END KEY-----\r\n\n\n"


@given(st.one_of(st.just(PEM), AWKWARD.map(str.encode), st.text(st.sampled_from("\n\r.$'\" ")).map(
    str.encode)))  # fmt: skip
def test_a_secret_reaches_its_variable_byte_for_byte(value: bytes) -> None:
    """Line ends at its end too, of which a shell would leave out all."""
    if b"\0" in value:
        return  # no variable can hold it
    with short_folder() as folder:
        for place in ("config", "run/groups"):
            (folder / place).mkdir(parents=True)
        (folder / "config/launch").write_text(LAUNCH)
        credential(folder, "key", value)
        credential(folder, "other", b"untouched\n")
        shown = subprocess.run(
            ["/bin/sh", folder / "config/launch", "app-1", "-", "-",
             "KEY=app/key OTHER=app/other", "sh", "-c", 'printf "%s|%s" "$KEY" "$OTHER"'],
            capture_output=True, timeout=20, check=True,
        ).stdout  # fmt: skip
        assert shown == value + b"|untouched\n"


def test_no_secret_is_an_argument(launched: Path) -> None:
    credential(launched, "key", b"very-secret-value")
    shown = launch(launched, "sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline", secrets="KEY=app/key")
    assert shown.startswith("sh -c ")
    assert "very-secret" not in shown


@pytest.mark.parametrize("user", ["-", "uz-app"])
def test_secret_variables_of_the_app_do_not_reach_the_launcher(launched: Path, user: str) -> None:
    """Else whoever chooses what LD_PRELOAD or PATH say would have the launcher's rights."""
    if user != "-" and (os.geteuid() != 0 or missing_users()):
        pytest.skip("root needs the users that `uz doctor --install` creates")
    own = launched / "bin"
    own.mkdir()
    for name in ("setpriv", "env"):
        (own / name).write_text(f"#!/bin/sh\necho {name} as $(/usr/bin/id -un)\n")
        (own / name).chmod(0o755)
    credential(launched, "path", str(own).encode())
    for folder in (launched, launched / "credentials", launched / "credentials/app", own):
        folder.chmod(0o755)
    words = ["/bin/sh", str(launched / "config/launch"), "app-1", user, "-", "PATH=app/path", "env"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    me = getpass.getuser() if user == "-" else user
    assert done.stdout == f"env as {me}\n"


def test_a_missing_credential_ends_the_start(launched: Path) -> None:
    words = ["/bin/sh", str(launched / "config/launch"), "app-1", "-", "-", "KEY=app/none", "true"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "app/none" in done.stderr


def test_the_launcher_becomes_the_command_and_remembers_its_group(launched: Path) -> None:
    pid = launch(launched, "sh", "-c", "echo $$")
    boot, group = (launched / "run/groups/app-1").read_text().split()
    assert group == pid.strip()
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_each_start_is_counted(launched: Path) -> None:
    for _ in range(3):
        launch(launched, "true")
    assert len((launched / "run/groups/app-1.starts").read_text().splitlines()) == 3


def test_what_an_earlier_copy_left_behind_is_ended(launched: Path) -> None:
    script = "sleep 60 >/dev/null 2>&1 & echo $!"
    words = [
        "setsid",
        "/bin/sh",
        str(launched / "config/launch"),
        "app-1",
        "-",
        "-",
        "-",
        "sh",
        "-c",
    ]
    first = subprocess.run([*words, script], capture_output=True, text=True, timeout=20)
    left = Path(f"/proc/{first.stdout.strip()}/stat")
    assert left.exists()
    launch(launched, "true")
    assert not left.exists() or left.read_text().rpartition(")")[2].split()[0] == "Z"

import subprocess
from dataclasses import replace

import pytest

from uz.components.database.scripts import (
    REFUSED,
    bin_folder,
    major,
    ready_script,
    start_script,
)
from uz.machine import Machine
from uz.testing import MACHINE

BARE = replace(MACHINE, programs={})


@pytest.mark.parametrize("machine", [MACHINE, BARE], ids=["debian", "bare"])
@pytest.mark.parametrize("kind", ["start", "ready"])
def test_a_script_is_good_shell(machine: Machine, kind: str) -> None:
    text = start_script(machine) if kind == "start" else ready_script(machine)
    done = subprocess.run(
        ["sh", "-n"], input=text, text=True, check=False, capture_output=True, timeout=10
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_programs_are_all_of_the_version_that_was_found() -> None:
    assert (bin_folder(MACHINE), major(MACHINE)) == ("/usr/lib/postgresql/15/bin", 15)
    assert "PATH=/usr/lib/postgresql/15/bin:$PATH" in start_script(MACHINE)
    assert '[ "$found" = 15 ]' in start_script(MACHINE)


def test_without_postgresql_there_is_still_something_to_read() -> None:
    assert (bin_folder(BARE), major(BARE)) == ("/usr/lib/postgresql/bin", 0)


def test_a_new_database_has_checksums() -> None:
    assert "--data-checksums" in start_script(MACHINE)


def test_a_refusal_ends_with_the_code_for_what_has_to_be_put_right_by_hand() -> None:
    assert REFUSED == 78
    assert f"exit {REFUSED}" in start_script(MACHINE)


def test_every_question_ends_in_time() -> None:
    for text in (start_script(MACHINE), ready_script(MACHINE)):
        assert "PGCONNECT_TIMEOUT=" in text


def test_no_password_is_written_into_a_script() -> None:
    text = start_script(MACHINE) + ready_script(MACHINE)
    assert "password=" not in text
    assert "{{" not in text

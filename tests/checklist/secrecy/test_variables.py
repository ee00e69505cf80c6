import sys

import psutil
import pytest
from tests.checklist.secrecy_stand import SLEEP, SecrecyStand

from uz.checklist.secrecy.variables import running, scripted

PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


def test_a_process_of_a_service_is_seen_with_its_variables(stand: SecrecyStand) -> None:
    (one,) = running(stand)
    assert (one.service, one.main) == ("app-1", True)
    assert one.variables is not None
    assert one.variables["UZ_ENVIRONMENT"] == "trial"


def test_what_a_service_starts_is_seen_too(stand: SecrecyStand) -> None:
    stand.end()
    stand.process = psutil.Popen([sys.executable, "-c", PARENT], env={"PATH": "/bin"}, stdout=-1)
    stand.process.stdout.readline()
    children = psutil.Process(stand.process.pid).children()
    found = [(one.main, (one.variables or {})["PATH"]) for one in running(stand)]
    for child in children:
        child.kill()
    assert found == [(True, "/bin"), (False, "/bin")]


def test_a_process_without_a_path_has_written_over_its_variables(stand: SecrecyStand) -> None:
    stand.begin(PATH="", TITLE="app: master")
    (one,) = running(stand)
    assert one.variables is None


def test_nothing_runs_and_nothing_is_seen(stand: SecrecyStand) -> None:
    stand.end()
    assert list(running(stand)) == []


@pytest.mark.parametrize(
    ("line", "value"), [("A_KEY='two words'", "two words"), ('A_KEY="$root"/data', "$root/data")]
)
def test_a_start_script_spells_its_variables_out(
    stand: SecrecyStand, line: str, value: str
) -> None:
    script = stand.own / "config/services/app-1"
    script.write_text(script.read_text().replace("    env \\\n", f"    env \\\n    {line} \\\n"))
    found = scripted(stand, "app-1")
    assert (found["A_KEY"], found["UZ_ENVIRONMENT"]) == (value, "trial")
    assert "REDIS_URL" not in found


def test_without_a_script_there_is_nothing(stand: SecrecyStand) -> None:
    assert scripted(stand, "no-such-service") == {}

"""Reading the scanner. What it says was recorded with sslyze 6.3.1, and cut to what is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uz.checklist import sslyze
from uz.checklist.sslyze import PROTOCOLS, Scan, read, scan
from uz.environment import Address
from uz.errors import ProgramError

RECORDED = Path(__file__).parent / "sslyze"
EDGE = Address("127.0.0.1", 23443)


def recorded(name: str) -> tuple[dict[str, Any], str]:
    """The JSON and the print of a scan."""
    answer: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return answer, (RECORDED / f"{name}.txt").read_text()


def test_a_compliant_server_is_read() -> None:
    found = read(*recorded("compliant"), 0)
    assert found == Scan(("TLS 1.2", "TLS 1.3"), found.cipher_suites, (), "sslyze 6.3.1")
    assert found.cipher_suites >= 6


def test_a_weak_server_is_read_with_its_deviation() -> None:
    found = read(*recorded("weak"), 1)
    assert not found.problem
    assert len(found.deviations) == 1
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" in found.deviations[0]


def test_a_server_that_cannot_be_reached_is_a_problem_in_one_line() -> None:
    found = read(*recorded("refused"), 0)
    assert found.problem.startswith("cannot connect: sslyze.errors.ServerRejectedConnection")
    assert "\n" not in found.problem


def test_a_check_that_failed_is_a_problem_even_when_all_others_are_fine() -> None:
    answer, printed = recorded("compliant")
    answer["server_scan_results"][0]["scan_result"]["robot"]["status"] = "ERROR"
    assert read(answer, printed, 0).problem == "could not try: robot"


@pytest.mark.parametrize(
    ("name", "printed", "code"),
    [
        ("compliant", "", 0),
        ("compliant", "shop.example:443: FAILED", 0),
        ("compliant", "", 1),
        ("compliant", "Traceback", 2),
        ("weak", "", 1),
    ],
)
def test_without_a_clear_word_on_compliance_there_is_a_problem(
    name: str, printed: str, code: int
) -> None:
    assert read(recorded(name)[0], printed, code).problem


def test_a_failure_without_details_is_still_a_deviation() -> None:
    found = read(recorded("compliant")[0], "shop.example: FAILED - Not compliant.", 1)
    assert found.deviations == ("not compliant with Mozilla intermediate",)


Fake = Callable[[str, str, int], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put a script in the place of sslyze that writes, prints and ends as told."""
    path = tmp_path / "sslyze"
    monkeypatch.setattr(sslyze, "sslyze_program", lambda: path)

    def install(written: str, printed: str, code: int) -> None:
        (tmp_path / "written").write_text(written)
        (tmp_path / "printed").write_text(printed)
        path.write_text(
            "#!/bin/sh\n"
            f'echo "$@" > {tmp_path}/words\n'
            "for word; do case $word in --json_out=*) out=${word#*=};; esac; done\n"
            f'[ ! -s {tmp_path}/written ] || cp {tmp_path}/written "$out"\n'
            f"cat {tmp_path}/printed\nexit {code}\n"
        )
        path.chmod(0o755)

    return install


def test_it_is_asked_about_the_domain_at_the_edges_address(program: Fake, tmp_path: Path) -> None:
    program(json.dumps(recorded("compliant")[0]), recorded("compliant")[1], 0)
    found = scan(EDGE, "shop.example", Path("/authority.pem"))
    assert not found.problem
    words = (tmp_path / "words").read_text().split()
    assert words[-1] == "shop.example:23443{127.0.0.1}"
    assert "--mozilla_config=intermediate" in words
    assert "--certinfo_ca_file=/authority.pem" in words


COMPLIANT = (RECORDED / "compliant.json").read_text()


def without(key: str) -> str:
    """The recorded answer without one protocol."""
    answer = json.loads(COMPLIANT)
    del answer["server_scan_results"][0]["scan_result"][key]
    return json.dumps(answer)


@pytest.mark.parametrize(
    "written",
    ["", "{", COMPLIANT[:700], "[]", "null", "{}", '{"server_scan_results": []}']
    + ['{"server_scan_results": [{}]}', *map(without, PROTOCOLS)],
)
def test_an_answer_that_is_cut_short_or_of_another_form_is_a_problem(
    program: Fake, written: str
) -> None:
    program(written, recorded("compliant")[1], 0)
    found = scan(EDGE, "shop.example", None)
    assert found.problem.startswith("no usable answer")
    assert not found.protocols


def test_a_scan_that_does_not_end_is_an_error(
    program: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("", "", 0)
    (tmp_path / "sslyze").write_text("#!/bin/sh\nsleep 60\n")
    monkeypatch.setattr(sslyze, "TIMEOUT", 0.2)
    with pytest.raises(ProgramError, match="after 0.2 s"):
        scan(EDGE, "shop.example", None)

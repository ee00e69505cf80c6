from uz.machine import Program
from uz.testing import MACHINE


def test_a_version_is_written_as_people_do() -> None:
    assert Program("nginx", "/usr/sbin/nginx", (1, 22, 1)).version_text == "1.22.1"


def test_versions_compare_by_number() -> None:
    assert MACHINE.programs["nginx"].version > (1, 9, 15)

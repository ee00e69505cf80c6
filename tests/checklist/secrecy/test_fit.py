import pytest

from uz.checklist.secrecy.fit import no_manager, no_openbao
from uz.testing import spec

AWS = {"manager": "awssecrets"}


@pytest.mark.parametrize(
    ("secrets", "manager", "openbao"),
    [({"manager": "file"}, False, False), (AWS, True, False), ({}, True, True)],
    ids=["file", "aws", "openbao"],
)
def test_a_control_is_done_where_there_is_what_it_breaks(
    secrets: dict[str, str], manager: bool, openbao: bool
) -> None:
    of = spec("trial", secrets=secrets)
    assert (no_manager(of) == "") is manager
    assert (no_openbao(of) == "") is openbao

import pytest
from tests.checklist.secrecy_stand import SecrecyStand

from uz.checklist.secrecy.known import known
from uz.errors import MachineError
from uz.testing import FakeEnvironment

OPENING = {
    "the bootstrap credential", "the seal key of OpenBao", "the operator's login",
    "the key of OpenBao's CA",
}  # fmt: skip


def test_what_opens_the_manager_is_looked_for_as_well(stand: SecrecyStand) -> None:
    found = known(stand)
    assert found.keys() - stand.sensitive().keys() == OPENING
    assert found["the bootstrap credential"].reveal() == stand.bootstrap.read_bytes()


def test_without_a_bootstrap_credential_there_are_the_manager_s_own(stand: SecrecyStand) -> None:
    stand.bootstrap.unlink()
    assert known(stand).keys() == stand.sensitive().keys()


def test_a_bootstrap_credential_that_lies_open_is_told(stand: SecrecyStand) -> None:
    stand.bootstrap.chmod(0o444)
    with pytest.raises(MachineError, match="others may read"):
        known(stand)


def test_a_file_as_the_manager_has_no_bootstrap_credential() -> None:
    env = FakeEnvironment()
    assert known(env) == env.sensitive()

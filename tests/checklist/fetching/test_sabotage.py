from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import hvac
import pytest
from tests.checklist.fetching_stand import FetchingStand, trial
from tests.managers.openbao_server import OpenBao

from uz.checklist.fetching import sabotage
from uz.environment import Environment
from uz.errors import UzError
from uz.managers.pipeline import MOUNT, unconfigure
from uz.spec import Kind

pytestmark = pytest.mark.live
Sabotage = Callable[[Environment], AbstractContextManager[None]]
OF_THE_ROLE = (
    sabotage.any_subject,
    sabotage.any_audience,
    sabotage.expired_accepted,
    sabotage.long_lived_token,
)


@pytest.mark.parametrize("broken", OF_THE_ROLE, ids=lambda one: one.__name__)
def test_a_role_is_changed_and_put_back_as_it_was(stand: FetchingStand, broken: Sabotage) -> None:
    before = stand.client.read(sabotage.ROLE_PATH)["data"]
    with broken(stand):
        assert stand.client.read(sabotage.ROLE_PATH)["data"] != before
    assert stand.client.read(sabotage.ROLE_PATH)["data"] == before


@pytest.mark.parametrize("broken", OF_THE_ROLE, ids=lambda one: one.__name__)
def test_a_role_is_put_back_when_the_block_raises(stand: FetchingStand, broken: Sabotage) -> None:
    before = stand.client.read(sabotage.ROLE_PATH)["data"]
    with pytest.raises(ZeroDivisionError), broken(stand):
        raise ZeroDivisionError
    assert stand.client.read(sabotage.ROLE_PATH)["data"] == before


@pytest.mark.parametrize("broken", OF_THE_ROLE, ids=lambda one: one.__name__)
def test_where_there_was_no_role_there_is_none_afterwards(
    bao: tuple[OpenBao, hvac.Client], tmp_path: Path, broken: Sabotage
) -> None:
    stand = FetchingStand(trial(pipeline=None), *bao, tmp_path)
    unconfigure(stand.client)
    with broken(stand):
        assert stand.client.read(sabotage.ROLE_PATH)
    assert f"{MOUNT}/" not in stand.client.sys.list_auth_methods()["data"]


def test_a_token_is_left_and_taken_away(stand: FetchingStand) -> None:
    def tokens() -> set[str]:
        return set(stand.client.auth.token.list_accessors()["data"]["keys"])

    before = tokens()
    with sabotage.token_left(stand):
        assert len(tokens() - before) == 1
    assert tokens() <= before


def test_the_credential_is_opened_and_closed(stand: FetchingStand) -> None:
    with sabotage.open_bootstrap(stand):
        assert stand.bootstrap.stat().st_mode & 0o777 == 0o644
    assert stand.bootstrap.stat().st_mode & 0o777 == 0o400


def test_a_credential_that_is_not_the_rehearsal_s_own_stays_closed(
    bao: tuple[OpenBao, hvac.Client], tmp_path: Path
) -> None:
    named = tmp_path / "production.bootstrap"
    named.write_text("opens production")
    named.chmod(0o400)
    secrets = {"manager": "openbao", "bootstrap": str(named)}
    stand = FetchingStand(trial(secrets=secrets), *bao, tmp_path)
    with pytest.raises(UzError, match="not the rehearsal's own"), sabotage.open_bootstrap(stand):
        pytest.fail("opened")
    assert named.stat().st_mode & 0o777 == 0o400


def test_a_link_to_the_credential_of_another_stays_closed(
    stand: FetchingStand, tmp_path: Path
) -> None:
    named = tmp_path / "production.bootstrap"
    stand.bootstrap.rename(named)
    stand.bootstrap.symlink_to(named)
    with pytest.raises(UzError, match="not the rehearsal's own"), sabotage.open_bootstrap(stand):
        pytest.fail("opened")
    assert named.stat().st_mode & 0o777 == 0o400


def test_the_credential_of_production_stays_closed(stand: FetchingStand) -> None:
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    with pytest.raises(UzError, match="no rehearsal"), sabotage.open_bootstrap(stand):
        pytest.fail("opened")

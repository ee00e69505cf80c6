import hvac
import pytest
from tests.checklist.fetching_stand import FetchingStand

from uz.checklist.fetching.identities import right
from uz.checklist.fetching.mirror import MIRROR, enter, mirrored, remove, settings_of
from uz.checklist.fetching.tokens import Signer
from uz.managers.pipeline import MOUNT, ROLE, differences, role

pytestmark = pytest.mark.live
PATH = f"auth/{MIRROR}/role/{ROLE}"


def mounts(client: hvac.Client) -> list[str]:
    return sorted(client.sys.list_auth_methods()["data"])


def test_a_mirror_has_every_condition_of_the_role_and_is_gone_afterwards(
    stand: FetchingStand,
) -> None:
    assert stand.spec.pipeline
    original = stand.client.read(f"auth/{MOUNT}/role/{ROLE}")["data"]
    with mirrored(stand.client, original, "https://ci.example", Signer().public_key):
        assert stand.client.read(PATH)["data"] == original
        assert differences(original, role(stand.spec.pipeline, ROLE)) == ()
    assert f"{MIRROR}/" not in mounts(stand.client)


def test_what_a_mirror_gave_ends_with_it(stand: FetchingStand) -> None:
    assert stand.spec.pipeline
    signer = Signer()
    with mirrored(
        stand.client, role(stand.spec.pipeline, ROLE), stand.spec.pipeline.issuer, signer.public_key
    ):
        given = enter(stand.client, MIRROR, signer.signed(right(stand.spec.pipeline)))
        assert given
        assert stand.client.auth.token.lookup_accessor(given["accessor"])
    with pytest.raises(hvac.exceptions.VaultError):
        stand.client.auth.token.lookup_accessor(given["accessor"])


def test_a_mirror_is_gone_when_the_block_raises(stand: FetchingStand) -> None:
    assert stand.spec.pipeline
    key = Signer().public_key
    with (
        pytest.raises(KeyboardInterrupt),
        mirrored(stand.client, {**role(stand.spec.pipeline, ROLE)}, "", key),
    ):
        raise KeyboardInterrupt
    assert f"{MIRROR}/" not in mounts(stand.client)


def test_a_mirror_that_cannot_be_set_up_is_gone_too(stand: FetchingStand) -> None:
    with pytest.raises(hvac.exceptions.InvalidRequest), mirrored(stand.client, {}, "", "no key"):
        raise AssertionError
    assert f"{MIRROR}/" not in mounts(stand.client)


def test_one_that_a_killed_run_left_is_replaced(stand: FetchingStand) -> None:
    assert stand.spec.pipeline
    stand.client.sys.enable_auth_method("jwt", path=MIRROR)
    with mirrored(stand.client, role(stand.spec.pipeline, ROLE), "", Signer().public_key):
        assert stand.client.read(PATH)
    remove(stand.client)
    remove(stand.client)


def test_a_refused_login_gives_nothing(stand: FetchingStand) -> None:
    assert enter(stand.client, MOUNT, "nonsense") is None


def test_settings_that_are_told_twice_are_written_once() -> None:
    assert settings_of({"token_ttl": 5, "ttl": 5, "policies": ["a"], "oidc_scopes": None}) == {
        "token_ttl": 5
    }

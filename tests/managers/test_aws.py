"""AWS Secrets Manager, as moto plays it over HTTP; what moto does not do is scripted."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from tests.managers.moto_server import REGION, log_out, logged_in, moto, refusal, scripted

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import VALUE, WHOLE
from uz.managers.aws import MOST, AwsManager, aws
from uz.secret import Secret
from uz.testing.manager_conformance import ManagerConformance

pytestmark = pytest.mark.live

LONG_GONE = "You can't perform this operation on the secret because it was marked for deletion."
STILL_TAKEN = (
    "You can't create this secret because a secret with this name is already scheduled for"
    " deletion."
)
ANSWER = {"ARN": "arn:aws:secretsmanager:::shop", "Name": "shop", "VersionId": "v" * 32}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where moto is; whoever asks is logged in."""
    with logged_in(), moto() as found:
        yield found


@pytest.fixture(scope="module")
def manager(address: str) -> AwsManager:
    """Logged in to it."""
    return aws(REGION, address)


@pytest.fixture
def path() -> str:
    """A path that nobody uses."""
    return f"uz/{uuid4().hex}"


class TestAws(ManagerConformance):
    """The promises of every manager; its one value has two names."""

    single = True
    version_parameter = "version_id"

    def fields(self, text: str) -> dict[str, Secret]:
        return {name: Secret(text.encode()) for name in (WHOLE, VALUE)}


def revealed(manager: AwsManager, path: str, **parameters: str) -> dict[str, bytes]:
    """What is at a path."""
    found = manager.read(path, parameters=parameters)
    assert found is not None
    return {name: secret.reveal() for name, secret in found.fields.items()}


def test_several_fields_are_kept_as_a_json_object(manager: AwsManager, path: str) -> None:
    manager.write(path, {"user": Secret(b"shop"), "password": Secret(b"d'\"\xc3\xa4\n")})
    found = revealed(manager, path)
    assert (found["user"], found["password"]) == (b"shop", b"d'\"\xc3\xa4\n")
    assert json.loads(found[WHOLE]) == {"user": "shop", "password": "d'\"ä\n"}


def test_binary_that_is_text_is_read(manager: AwsManager, path: str) -> None:
    manager._client(REGION).create_secret(Name=path, SecretBinary="schlüssel".encode())
    assert revealed(manager, path)[WHOLE] == "schlüssel".encode()


def test_binary_that_is_no_text_is_refused(manager: AwsManager, path: str) -> None:
    manager._client(REGION).create_secret(Name=path, SecretBinary=b"canary\xff")
    with pytest.raises(SecretError, match=f"{path}: what AWS keeps there is not UTF") as refused:
        manager.read(path)
    assert "canary" not in str(refused.value)


def test_an_earlier_version_is_read_by_its_stage(manager: AwsManager, path: str) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    manager.write(path, {VALUE: Secret(b"second")})
    assert revealed(manager, path, version_stage="AWSPREVIOUS")[WHOLE] == b"first"
    assert manager.read(path, parameters={"version_stage": "NOBODY"}) is None
    assert manager.read(path, parameters={"version_id": uuid4().hex}) is None


def test_each_region_has_its_own(address: str, manager: AwsManager, path: str) -> None:
    aws("us-east-1", address).write(path, {VALUE: Secret(b"far away")})
    assert manager.read(path) is None
    assert revealed(manager, path, region="us-east-1")[WHOLE] == b"far away"


def test_more_paths_than_one_page_are_listed(manager: AwsManager, path: str) -> None:
    wanted = [f"{path}/{number:03}" for number in range(120)]
    for one in wanted:
        manager.write(one, {VALUE: Secret(b"first")})
    assert manager.paths(path) == tuple(wanted)


def test_what_is_scheduled_for_deletion_is_not_read(manager: AwsManager, path: str) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    manager._client(REGION).delete_secret(SecretId=path)
    assert manager.read(path) is None


def test_what_is_scheduled_for_deletion_is_restored_and_written() -> None:
    with (
        logged_in(),
        scripted(
            refusal("InvalidRequestException", LONG_GONE),
            refusal("InvalidRequestException", STILL_TAKEN),
            (200, ANSWER),
            (200, ANSWER),
        ) as script,
    ):
        written = aws(REGION, script.address).write("shop", {VALUE: Secret(b"new value")})
    asked = [operation for operation, _ in script.asked]
    assert asked == ["PutSecretValue", "CreateSecret", "RestoreSecret", "PutSecretValue"]
    assert written.version == ANSWER["VersionId"]


def test_two_who_create_the_same_both_write() -> None:
    with (
        logged_in(),
        scripted(
            refusal("ResourceNotFoundException"),
            refusal("ResourceExistsException"),
            (200, ANSWER),
        ) as script,
    ):
        aws(REGION, script.address).write("shop", {VALUE: Secret(b"new value")})
    assert script.asked[-1][0] == "PutSecretValue"


def test_a_value_that_is_too_long_is_refused_before_it_is_sent(path: str) -> None:
    with logged_in(), scripted((200, ANSWER)) as script:
        manager = aws(REGION, script.address)
        with pytest.raises(SecretError, match=f"{MOST + 1} bytes are too many"):
            manager.write(path, {VALUE: Secret(b"x" * (MOST + 1))})
    assert script.asked == []


def test_a_value_of_the_greatest_length_is_kept(manager: AwsManager, path: str) -> None:
    manager.write(path, {VALUE: Secret(b"x" * MOST)})
    assert len(revealed(manager, path)[WHOLE]) == MOST


def test_a_version_that_cannot_be_one_is_refused(manager: AwsManager, path: str) -> None:
    with pytest.raises(SecretError, match=f"{path}: AWS cannot be asked for this"):
        manager.read(path, parameters={"version_id": "3"})


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"]
)
def test_a_login_that_is_refused_is_told_apart(code: str) -> None:
    with logged_in(), scripted(refusal(code, "no right to read shop/key")) as script:
        with pytest.raises(RefusedError, match=f"shop/key: AWS does not .*{code}"):
            aws(REGION, script.address).read("shop/key")
        assert len(script.asked) == 1


def test_without_keys_the_login_is_refused() -> None:
    with logged_in() as patch, scripted((200, ANSWER)) as script:
        log_out(patch)
        with pytest.raises(RefusedError, match="not logged in to AWS"):
            aws(REGION, script.address).read("shop")
        assert script.asked == []


def test_throttling_is_tried_again_a_few_times_and_then_told() -> None:
    with logged_in(), scripted(refusal("ThrottlingException", "Rate exceeded")) as script:
        with pytest.raises(SecretError, match="asks to wait"):
            aws(REGION, script.address).read("shop")
        assert len(script.asked) == 3


def test_a_short_throttling_is_not_noticed() -> None:
    answer = {**ANSWER, "SecretString": "kept value", "CreatedDate": 1_700_000_000.0}
    with logged_in(), scripted(refusal("ThrottlingException"), (200, answer)) as script:
        assert revealed(aws(REGION, script.address), "shop")[WHOLE] == b"kept value"


def test_where_nobody_listens_it_is_unreachable() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with logged_in(), pytest.raises(UnreachableError, match="no answer"):
        aws(REGION, f"http://127.0.0.1:{port}").read("shop")


def test_who_listens_and_says_nothing_is_unreachable() -> None:
    with logged_in(), closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="no answer"):
            AwsManager(REGION, address, patience=0.1).read("shop")


def test_who_is_not_aws_is_told_from_it() -> None:
    said = pytest.raises(SecretError, match="is not AWS Secrets Manager")
    with logged_in(), scripted((200, "<html>Welcome</html>")) as script, said:
        aws(REGION, script.address).read("shop")


def test_without_a_region_it_says_where_to_set_one() -> None:
    with logged_in(), pytest.raises(SecretError, match="the region is not known") as refused:
        aws("", None)
    assert "[secrets]" in refused.value.hint


def test_the_region_of_the_environment_is_taken() -> None:
    with logged_in() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        assert aws("", None).name == "AWS Secrets Manager eu-west-3"


def test_no_value_and_no_key_is_logged(
    address: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        manager = aws(REGION, address)
        manager.write(path, {VALUE: Secret(b"canary-Zq7")})
        manager.read(path)
    assert "canary-Zq7" not in caplog.text
    assert "no-secret-at-all" not in caplog.text

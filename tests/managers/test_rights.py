import secrets
from collections.abc import Iterator

import hvac
import pytest
from tests.managers.openbao_server import OpenBao

from uz.managers.rights import (
    deploy_rights,
    let_read,
    one_time,
    policy,
    put_policy,
    reader_rights,
    role_of,
)
from uz.secret import Secret

pytestmark = pytest.mark.live


@pytest.fixture
def reader() -> str:
    """A reader that no other test has."""
    return f"test-{secrets.token_hex(4)}"


def logged_in(bao: OpenBao, reader: str, secret_id: Secret) -> hvac.Client:
    """A client with the reader's token."""
    client = bao.client(Secret(b"none"))
    client.token = None
    client.auth.approle.login(role_of(reader), secret_id.reveal().decode())
    return client


def kept(bao: OpenBao, path: str) -> str:
    """Something at a path; what comes behind the mount."""
    name = path.removeprefix("secret/")
    bao.client().secrets.kv.v2.create_or_update_secret(name, {"value": "x"}, mount_point="secret")
    return name


def may_read(client: hvac.Client, name: str) -> bool:
    try:
        client.secrets.kv.v2.read_secret_version(
            name, mount_point="secret", raise_on_deleted_version=True
        )
    except hvac.exceptions.Forbidden:
        return False
    return True


def test_a_reader_reads_its_own_paths_and_nothing_else(
    bao: OpenBao, path: str, reader: str
) -> None:
    own, other = kept(bao, path), kept(bao, f"{path}-other")
    below = kept(bao, f"{path}/below")
    let_read(bao.client(), reader, [path])
    client = logged_in(bao, reader, one_time(bao.client(), reader))
    assert may_read(client, own)
    assert not may_read(client, other)
    assert not may_read(client, below)
    for refused in (
        lambda: client.secrets.kv.v2.list_secrets("", mount_point="secret"),
        lambda: client.secrets.kv.v2.create_or_update_secret(
            own, {"value": "y"}, mount_point="secret"
        ),
        lambda: client.secrets.kv.v2.delete_metadata_and_all_versions(own, mount_point="secret"),
        lambda: client.sys.read_acl_policy(role_of(reader)),
        lambda: client.auth.token.lookup_self(),
        lambda: one_time(client, reader),
    ):
        with pytest.raises(hvac.exceptions.Forbidden):
            refused()


def test_a_secret_id_is_good_for_one_login(bao: OpenBao, path: str, reader: str) -> None:
    let_read(bao.client(), reader, [path])
    secret_id = one_time(bao.client(), reader)
    logged_in(bao, reader, secret_id)
    with pytest.raises(hvac.exceptions.InvalidRequest):
        logged_in(bao, reader, secret_id)
    assert one_time(bao.client(), reader) != secret_id


def test_what_a_reader_gets_ends_within_a_minute(bao: OpenBao, path: str, reader: str) -> None:
    let_read(bao.client(), reader, [path])
    secret_id = one_time(bao.client(), reader)
    answer = bao.client(Secret(b"none")).auth.approle.login(
        role_of(reader), secret_id.reveal().decode(), use_token=False
    )
    assert answer["auth"]["lease_duration"] <= 60
    assert answer["auth"]["token_type"] == "batch"
    assert answer["auth"]["token_policies"] == [role_of(reader)]
    role = bao.client().auth.approle.read_role(role_of(reader))["data"]
    assert (role["secret_id_num_uses"], role["secret_id_ttl"]) == (1, 60)


def test_what_no_longer_is_its_own_it_no_longer_reads(bao: OpenBao, path: str, reader: str) -> None:
    first, second = kept(bao, path), kept(bao, f"{path}-2")
    let_read(bao.client(), reader, [path, f"{path}-2"])
    client = logged_in(bao, reader, one_time(bao.client(), reader))
    assert may_read(client, second)
    let_read(bao.client(), reader, [path])
    assert may_read(client, first)
    assert not may_read(client, second)


def test_a_run_that_was_killed_in_between_is_made_good(
    bao: OpenBao, path: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the policy written first, the role would never be made."""
    client = bao.client()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(client.auth.approle, "update_role_id", killed)
    with pytest.raises(KeyboardInterrupt):
        let_read(client, reader, [path])
    monkeypatch.undo()
    let_read(client, reader, [path])
    assert may_read(logged_in(bao, reader, one_time(client, reader)), kept(bao, path))


def test_a_policy_that_is_as_it_should_be_is_not_written_again(bao: OpenBao, reader: str) -> None:
    text = policy({"secret/data/a": ("read",)})
    assert put_policy(bao.client(), reader, text)
    assert not put_policy(bao.client(), reader, text)
    assert put_policy(bao.client(), reader, policy({"secret/data/b": ("read",)}))
    bao.client().sys.delete_acl_policy(reader)


@pytest.fixture
def pipeline(bao: OpenBao, path: str) -> Iterator[hvac.Client]:
    """A client with what a pipeline gets, where what Uz makes up is below `path`."""
    name = f"deploy-{secrets.token_hex(4)}"
    put_policy(bao.client(), name, policy(deploy_rights(path)))
    token = bao.client().auth.token.create(policies=[name], no_default_policy=True, ttl="5m")
    yield bao.client(Secret(token["auth"]["client_token"].encode()))
    bao.client().sys.delete_acl_policy(name)


def write(client: hvac.Client, name: str) -> None:
    client.secrets.kv.v2.create_or_update_secret(name, {"value": "y"}, mount_point="secret")


def test_a_pipeline_reads_adds_what_is_missing_and_renews_the_certificate(
    bao: OpenBao, path: str, pipeline: hvac.Client
) -> None:
    users = kept(bao, f"{path}-of-the-user")
    own = path.removeprefix("secret/")
    assert may_read(pipeline, users)
    assert may_read(pipeline, kept(bao, f"{path}/redis/app"))
    assert may_read(pipeline, kept(bao, f"{path}/rotation/redis/app"))
    listed = pipeline.secrets.kv.v2.list_secrets(own, mount_point="secret")["data"]["keys"]
    assert listed == ["redis/", "rotation/"]
    write(pipeline, f"{own}/app/new")
    for name in ("edge/certificate", "edge/key"):
        write(pipeline, f"{own}/{name}")
        write(pipeline, f"{own}/{name}")


def test_a_pipeline_destroys_and_overwrites_nothing(
    bao: OpenBao, path: str, pipeline: hvac.Client
) -> None:
    """Old versions go when ten newer ones are written."""
    store = pipeline.secrets.kv.v2
    names = [kept(bao, f"{path}{name}") for name in
             ("-of-the-user", "/redis/app", "/rotation/redis/app", "/edge/authority-key",
              "/backups/passphrase")]  # fmt: skip
    for name in names:
        for refused in (
            lambda name=name: write(pipeline, name),
            lambda name=name: store.delete_latest_version_of_secret(name, mount_point="secret"),
            lambda name=name: store.delete_secret_versions(name, [1], mount_point="secret"),
            lambda name=name: store.undelete_secret_versions(name, [1], mount_point="secret"),
            lambda name=name: store.destroy_secret_versions(name, [1], mount_point="secret"),
            lambda name=name: store.update_metadata(name, max_versions=1, mount_point="secret"),
            lambda name=name: store.delete_metadata_and_all_versions(name, mount_point="secret"),
        ):
            with pytest.raises(hvac.exceptions.Forbidden):
                refused()
    with pytest.raises(hvac.exceptions.Forbidden):
        store.configure(max_versions=1, mount_point="secret")
    assert all(may_read(bao.client(), name) for name in names)


def test_a_pipeline_does_not_read_what_backups_are_encrypted_by(
    bao: OpenBao, path: str, pipeline: hvac.Client
) -> None:
    assert not may_read(pipeline, kept(bao, f"{path}/backups/passphrase"))
    with pytest.raises(hvac.exceptions.Forbidden):
        write(pipeline, f"{path.removeprefix('secret/')}/rotation/redis/app")


def test_rights_are_written_as_openbao_reads_them() -> None:
    assert policy({"secret/*": ["read", "list"], "sys/auth": ("read",)}) == (
        'path "secret/*" { capabilities = ["read", "list"] }\n'
        'path "sys/auth" { capabilities = ["read"] }\n'
    )


def test_paths_of_several_engines_are_each_their_own() -> None:
    assert reader_rights(["secret/b", "kv/deep/a", "secret/b"]) == {
        "kv/data/deep/a": ("read",),
        "secret/data/b": ("read",),
    }

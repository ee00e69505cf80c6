"""The embedded off-site store, as `uz up` brings it up, looked at from outside of Uz."""

import os
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError
from tests.live.offsite_stage import BUCKET, an_offsite_stage, client, identities
from tests.live.openbao_stage import with_openbao
from tests.live.stage import Stage, holds_within, kill, listening

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """Production with the embedded store."""
    with an_offsite_stage() as stage:
        stage.up()
        yield stage


def first_port(stage: Stage) -> int:
    """The port of S3 over TLS; the others follow."""
    return stage.base + 840


def processes(stage: Stage) -> set[int]:
    """The store's processes."""
    pid = int(stage.services()["offsite"]["pid"])
    return {pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))}


def read(stage: Stage, key: str) -> bytes | None:
    """An object; None while the parts of the store still look for each other."""
    try:
        found: bytes = client(stage, "adder").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError:
        return None
    return found


def test_the_bucket_keeps_versions_and_is_locked(stack: Stage) -> None:
    found = client(stack)
    assert found.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    lock = found.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 14}


def test_it_listens_on_its_own_ports_of_loopback_and_nowhere_else(stack: Stage) -> None:
    own = {("127.0.0.1", first_port(stack) + number) for number in range(11)}
    assert listening(processes(stack)) == own


def test_the_machines_key_adds_and_reads_and_cannot_delete(stack: Stage) -> None:
    adder, place = client(stack, "adder"), {"Bucket": BUCKET, "Key": "tests/one"}
    version = adder.put_object(**place, Body=b"content")["VersionId"]
    for more in (
        {},
        {"VersionId": version},
        {"VersionId": version, "BypassGovernanceRetention": True},
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            adder.delete_object(**place, **more)
    assert adder.get_object(**place)["Body"].read() == b"content"
    with pytest.raises(ClientError, match="AccessDenied"):
        client(stack, "reader").put_object(**place, Body=b"another")
    with pytest.raises(ClientError):
        client(stack).delete_object(**place, VersionId=version)  # locked, even for the admin
    client(stack, "retention").delete_object(
        **place, VersionId=version, BypassGovernanceRetention=True
    )


@pytest.mark.parametrize("number", range(1, 11))
@pytest.mark.parametrize("path", ["/col/delete?collection=backups", f"/buckets/{BUCKET}/", "/"])
def test_behind_s3_nobody_is_let_in(stack: Stage, number: int, path: str) -> None:
    """One GET of the master's would delete all backups; no S3 policy would be asked."""
    trust = ssl.create_default_context(cafile=str(stack.root() / "data/offsite-authority.pem"))
    port = first_port(stack) + number
    for line in (
        HTTPConnection("127.0.0.1", port, timeout=5),
        HTTPSConnection("127.0.0.1", port, timeout=5, context=trust),
    ):
        try:
            line.request("GET", path)
            status = line.getresponse().status
        except (OSError, HTTPException):
            continue
        finally:
            line.close()
        assert status in {400, 401, 403, 404}


@pytest.mark.slow
def test_who_speaks_grpc_without_the_certificate_removes_nothing(stack: Stage) -> None:
    adder = client(stack, "adder")
    adder.put_object(Bucket=BUCKET, Key="tests/kept", Body=b"content")
    base, tools = first_port(stack), stack.home / ".tools"
    (weed,) = tools.glob("seaweedfs-*/weed")
    words = [f"-master=127.0.0.1:{base + 3}.{base + 4}", f"-filer=127.0.0.1:{base + 7}.{base + 8}"]
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [weed, "shell", *words], input=b"lock\nfs.rm -rf /buckets/backups/tests\n",
            timeout=8, cwd="/tmp", env={"PATH": os.environ["PATH"]}, check=False,
            capture_output=True,
        )  # fmt: skip
    assert adder.get_object(Bucket=BUCKET, Key="tests/kept")["Body"].read() == b"content"


def test_no_secret_of_it_is_on_the_disk_or_in_an_argument(stack: Stage) -> None:
    secrets = [one.encode() for one in identities(stack).values()]
    folder = stack.root() / "credentials/offsite"
    secrets += [path.read_bytes() for path in folder.glob("jwt-*")]
    assert len(secrets) == 8
    places = [stack.root() / one for one in ("data/offsite", "logs", "config", "run")]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in files]
    texts += [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes(stack)]
    assert not [one for one in secrets if any(one in text for text in texts)]


def test_another_run_changes_nothing(stack: Stage) -> None:
    before = stack.services()["offsite"]["pid"]
    assert "nothing changed" in stack.up().stdout
    assert stack.services()["offsite"]["pid"] == before


def test_what_was_added_outlives_a_crash(stack: Stage) -> None:
    adder = client(stack, "adder")
    adder.put_object(Bucket=BUCKET, Key="tests/crash", Body=b"content")
    before = stack.services()["offsite"]["pid"]
    kill(before)

    def back() -> bool:
        now = stack.services()["offsite"]
        return bool(now["healthy"] and now["pid"] != before)

    assert holds_within(60, back)
    assert holds_within(60, lambda: read(stack, "tests/crash") == b"content")


@pytest.mark.slow
def test_a_longer_lock_is_taken_up_and_an_interrupted_run_is_mended() -> None:
    with an_offsite_stage() as stage:
        stage.up()
        client(stage).delete_bucket(Bucket=BUCKET)
        stage.set("backups.lock", "30d")
        stage.up()
        lock = client(stage).get_object_lock_configuration(Bucket=BUCKET)
        rule = lock["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        assert rule == {"Mode": "GOVERNANCE", "Days": 30}
        stage.set("backups.offsite", None)
        stage.up()
        assert "offsite" not in stage.services()
        assert (stage.root() / "data/offsite").is_dir()


@pytest.mark.slow
def test_its_secrets_are_kept_in_openbao_as_all_others() -> None:
    with an_offsite_stage() as stage:
        with_openbao(stage)
        stage.commit()
        stage.up()
        client(stage, "adder").put_object(Bucket=BUCKET, Key="tests/one", Body=b"content")
        told = stage.uz("secrets", "list", "--json").json()
        names = {one["name"] for one in told["secrets"]}
        assert {"offsite/adder", "offsite/admin", "offsite/tls-key"} <= names
        assert not (stage.root() / "secrets.json").exists()

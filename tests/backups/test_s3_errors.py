"""What goes wrong with a store is told as what it is: on real servers where one can be had."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backups.seaweed_server import Seaweed
from tests.managers.loopback import certify
from tests.servers import Answering, Reply, serving

from uz.backups.s3 import Bucket, S3Store
from uz.backups.s3_errors import code_of, store_error
from uz.errors import StoreError, StoreRefusedError, StoreUnreachableError
from uz.secret import Secret

WHERE = "https://store.example/vault"
KEY = Secret(b"somebody")


def answered(code: str, status: int = 400, message: str = "", **headers: str) -> StoreError:
    """What becomes of an error that a store answers with."""
    error = botocore.exceptions.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
        },
        "PutObject",
    )
    return store_error(error, WHERE, "one")


@pytest.mark.parametrize(
    ("code", "kind", "says", "advises"),
    [
        ("InvalidAccessKeyId", StoreRefusedError, "not accepted", "backups.secret_key"),
        ("SignatureDoesNotMatch", StoreRefusedError, "not accepted", "belong together"),
        ("AccessDenied", StoreRefusedError, "may not do that", "uz backup policy"),
        ("RequestTimeTooSkewed", StoreRefusedError, "the clock of this machine", "timedatectl"),
        ("NoSuchBucket", StoreError, "no such bucket", "backups.offsite"),
        ("NoSuchKey", StoreError, "one: not there", ""),
        ("PermanentRedirect", StoreError, "another region", "backups.region"),
        ("AuthorizationHeaderMalformed", StoreError, "another region", "backups.region"),
        ("XMinioStorageFull", StoreError, "full", "room"),
        ("ReadOnly", StoreError, "read-only", "nothing can be added"),
        ("SlowDown", StoreUnreachableError, "no answer now", "tried again"),
        ("ServiceUnavailable", StoreUnreachableError, "no answer now", "tried again"),
        ("Whatever", StoreError, "refused (Whatever", "backups.offsite"),
    ],
)
def test_an_answer_is_told_by_its_kind_with_what_to_do(
    code: str, kind: type[StoreError], says: str, advises: str
) -> None:
    error = answered(code)
    assert type(error) is kind
    assert WHERE in str(error)
    assert says in str(error)
    assert advises in error.hint


def test_a_broken_store_is_one_that_gives_no_answer() -> None:
    assert isinstance(answered("Odd", 502), StoreUnreachableError)
    assert "full" in str(answered("Odd", 507))


def test_a_wrong_clock_is_told_with_the_stores_own() -> None:
    error = answered("RequestTimeTooSkewed", 403, date="Thu, 26 Nov 2026 17:00:00 GMT")
    assert "(there it is Thu, 26 Nov 2026 17:00:00 GMT)" in str(error)


@given(st.text(), st.integers(100, 999), st.text())
def test_any_answer_becomes_an_error_of_the_store(code: str, status: int, said: str) -> None:
    error = answered(code or "x", status, said)
    assert isinstance(error, StoreError)
    assert "\n" not in str(error).replace(code, "")


def test_an_error_of_this_side_has_no_code() -> None:
    assert code_of(ValueError("x")) == ""


def store(port: int, patience: float = 5.0) -> S3Store:
    """A store that is asked at a port without TLS."""
    return S3Store(Bucket("vault", f"http://127.0.0.1:{port}"), KEY, KEY, patience)


def failure(answering: Answering, patience: float = 5.0) -> StoreError:
    """What comes of asking a server that answers so."""
    with serving(answering) as port, pytest.raises(StoreError) as raised:
        store(port, patience).list()
    return raised.value


def test_the_page_of_a_captive_portal_is_neither_an_empty_list_nor_a_yes() -> None:
    page = Reply(200, body=b"<html>Welcome!</html>")
    assert "not an S3 store" in str(failure(lambda *_: page))
    with serving(lambda *_: page) as port, pytest.raises(StoreError, match="not an S3 store"):
        store(port).put("one", b"content")


def test_an_answer_that_cannot_be_read_is_none() -> None:
    error = failure(lambda *_: Reply(200, body=b"<html>Welcome!<br>"))
    assert isinstance(error, StoreUnreachableError)


def test_a_gateway_that_has_lost_its_store_gives_no_answer() -> None:
    assert isinstance(failure(lambda *_: Reply(503, body=b"busy")), StoreUnreachableError)


def test_a_slow_store_is_given_up_in_bounded_time() -> None:
    def slow(*_: str) -> Reply:
        time.sleep(1.5)
        return Reply(503)

    begun = time.monotonic()
    error = failure(slow, patience=0.4)
    assert isinstance(error, StoreUnreachableError)
    assert time.monotonic() - begun < 15


def test_where_nobody_listens_there_is_no_answer() -> None:
    with serving(lambda *_: Reply()) as port:
        pass
    with pytest.raises(StoreUnreachableError, match="no answer"):
        store(port).put("one", b"content")


def test_a_name_that_leads_nowhere_gives_no_answer() -> None:
    nowhere = S3Store(Bucket("vault", "https://store.invalid"), KEY, KEY)
    with pytest.raises(StoreUnreachableError, match="no answer"):
        nowhere.list()


@pytest.mark.live
def test_a_certificate_of_another_authority_is_not_trusted(vault: Seaweed, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(certify("127.0.0.1")[2])
    for authority in (other, None):
        place = Bucket("vault", vault.endpoint, authority=authority)
        with pytest.raises(StoreError, match="not to be trusted") as raised:
            S3Store(place, KEY, KEY).list()
        assert "backups.authority" in raised.value.hint


@pytest.mark.live
def test_a_wrong_key_and_a_wrong_secret_are_told(vault: Seaweed) -> None:
    for access, secret in ((b"nobody", b"nothing"), (b"adder", b"nothing")):
        with pytest.raises(StoreRefusedError, match="not accepted"):
            S3Store(vault.bucket(), Secret(access), Secret(secret)).list()


@pytest.mark.live
@pytest.mark.parametrize("hours", [-2, 2])
def test_a_machine_whose_clock_is_wrong_is_told_so(
    vault: Seaweed, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    wrong = skewed(timedelta(hours=hours))
    monkeypatch.setattr("botocore.auth.get_current_datetime", wrong)
    with pytest.raises(StoreRefusedError, match="the clock of this machine is wrong"):
        vault.store().list()


def skewed(by: timedelta) -> Callable[..., datetime]:
    """A clock that is wrong, as botocore asks it."""

    def now(remove_tzinfo: bool = True) -> datetime:
        found = datetime.now(UTC) + by
        return found.replace(tzinfo=None) if remove_tzinfo else found

    return now

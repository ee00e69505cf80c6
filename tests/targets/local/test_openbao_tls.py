from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from uz.components.openbao import SEAL_KEY, TLS_CERTIFICATE, TLS_KEY
from uz.secret import Secret
from uz.targets.local import certificates
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.openbao_tls import fingerprint, opening

FIRST = Bootstrap(Secret(b"a-credential-for-the-tests-alone"))
OTHER = Bootstrap(Secret(b"another-credential-for-the-tests"))


@pytest.fixture
def place(layout: Layout) -> Layout:
    layout.data.mkdir(parents=True)
    return layout


def delivered(place: Layout, given: dict[str, Secret]) -> None:
    """Put into the credentials' folder what was given."""
    folder = place.credentials / "openbao"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tls.key").write_bytes(given[TLS_KEY].reveal())
    (folder / "tls.pem").write_bytes(given[TLS_CERTIFICATE].reveal())


def trusted(place: Layout, certificate: Secret, host: str = "127.0.0.1") -> bool:
    """Whether a client that has the authority's file takes a certificate."""
    from ipaddress import ip_address

    store = Store(x509.load_pem_x509_certificates(place.openbao_authority.read_bytes()))
    name = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    leaf = x509.load_pem_x509_certificate(certificate.reveal())
    try:
        PolicyBuilder().store(store).build_server_verifier(name).verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_openbao_gets_its_seal_key_and_a_certificate_that_clients_check(place: Layout) -> None:
    given = opening(place, FIRST)
    assert set(given) == {SEAL_KEY, TLS_KEY, TLS_CERTIFICATE}
    assert given[SEAL_KEY] == FIRST.seal_key
    assert trusted(place, given[TLS_CERTIFICATE])
    assert trusted(place, given[TLS_CERTIFICATE], "localhost")
    assert not trusted(place, given[TLS_CERTIFICATE], "127.0.0.2")
    assert place.openbao_authority.stat().st_mode & 0o777 == 0o644


def test_no_key_lies_on_the_disk(place: Layout) -> None:
    opening(place, FIRST)
    files = [path for path in Path(place.home).rglob("*") if path.is_file()]
    assert files == [place.openbao_authority]
    assert b"PRIVATE" not in files[0].read_bytes()


def test_what_lies_in_memory_is_kept_so_that_nothing_restarts(place: Layout) -> None:
    first = opening(place, FIRST)
    delivered(place, first)
    assert opening(place, FIRST) == first


def test_after_a_reboot_there_is_a_new_one_of_the_same_authority(place: Layout) -> None:
    first, authority = opening(place, FIRST), place.openbao_authority.read_bytes()
    again = opening(place, FIRST)
    assert again[TLS_KEY] != first[TLS_KEY]
    assert again[SEAL_KEY] == first[SEAL_KEY]
    assert place.openbao_authority.read_bytes() == authority
    assert trusted(place, again[TLS_CERTIFICATE])


def test_one_near_its_end_is_renewed(place: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opening(place, FIRST)
    delivered(place, first)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # noqa: ARG003
            return datetime.now(UTC) + timedelta(days=80)

    monkeypatch.setattr(certificates, "datetime", Later)
    assert opening(place, FIRST)[TLS_CERTIFICATE] != first[TLS_CERTIFICATE]


@pytest.mark.parametrize("text", [b"", b"damaged", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_damaged_file_of_the_authority_is_made_good(place: Layout, text: bytes) -> None:
    opening(place, FIRST)
    before = fingerprint(place)
    place.openbao_authority.write_bytes(text)
    given = opening(place, FIRST)
    assert fingerprint(place) == before
    assert trusted(place, given[TLS_CERTIFICATE])


def test_a_damaged_certificate_in_memory_is_made_anew(place: Layout) -> None:
    first = opening(place, FIRST)
    delivered(place, first)
    (place.credentials / "openbao/tls.pem").write_bytes(b"damaged")
    assert trusted(place, opening(place, FIRST)[TLS_CERTIFICATE])


def test_another_credential_is_another_authority(place: Layout) -> None:
    """As after a recovery from another kit: what the first signed is not served any more."""
    first = opening(place, FIRST)
    mark = fingerprint(place)
    delivered(place, first)
    given = opening(place, OTHER)
    assert fingerprint(place) != mark
    assert given[TLS_CERTIFICATE] != first[TLS_CERTIFICATE]
    assert trusted(place, given[TLS_CERTIFICATE])
    assert not trusted(place, first[TLS_CERTIFICATE])


def test_the_fingerprint_is_of_the_key_and_stays(place: Layout) -> None:
    opening(place, FIRST)
    before = fingerprint(place)
    place.openbao_authority.unlink()
    opening(place, FIRST)
    assert fingerprint(place) == before
    assert len(before) == 64

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from uz.errors import SecretError, SpecError
from uz.secret import Secret
from uz.spec import Spec
from uz.targets.local import certificates
from uz.targets.local.certificates import (
    CERTIFICATE,
    KEY,
    LEAF_DAYS,
    RENEW_BEFORE,
    authority_certificate,
    edge_certificate,
    issue,
)
from uz.testing import MemorySecrets, spec

NAME = "shop.example"
ALIAS = "www.shop.example"


@pytest.fixture
def source() -> MemorySecrets:
    return MemorySecrets()


def verify(source: MemorySecrets, certificate: Secret, name: str) -> None:
    """Let an independent implementation judge it as a browser would. Raises VerificationError."""
    authority = x509.load_pem_x509_certificate(authority_certificate(source) or b"")
    leaf = x509.load_pem_x509_certificate(certificate.reveal())
    verifier = PolicyBuilder().store(Store([authority]))
    verifier.build_server_verifier(x509.DNSName(name)).verify(leaf, [])


def leaf_of(found: Secret) -> x509.Certificate:
    return x509.load_pem_x509_certificate(found.reveal())


@pytest.mark.parametrize("name", [NAME, ALIAS])
def test_the_chain_is_valid_for_each_name(source: MemorySecrets, name: str) -> None:
    _, certificate = issue(source, (NAME, ALIAS), days=90)
    verify(source, certificate, name)


def test_it_is_not_valid_for_another_name(source: MemorySecrets) -> None:
    _, certificate = issue(source, (NAME,), days=90)
    with pytest.raises(VerificationError):
        verify(source, certificate, "elsewhere.invalid")


def test_an_expired_one_is_refused(source: MemorySecrets) -> None:
    _, certificate = issue(source, (NAME,), days=-1)
    with pytest.raises(VerificationError, match="not valid at validation time"):
        verify(source, certificate, NAME)


def test_a_long_name_is_possible(source: MemorySecrets) -> None:
    name = ".".join(["a" * 60] * 4)
    _, certificate = issue(source, (name,), days=90)
    verify(source, certificate, name)


def test_the_key_is_the_certificates_own(source: MemorySecrets, tmp_path: Path) -> None:
    key, certificate = issue(source, (NAME,), days=90)
    (tmp_path / "both.pem").write_bytes(key.reveal() + certificate.reveal())
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "both.pem")


def test_the_authority_stays_the_same_and_signs_nothing_but_servers(source: MemorySecrets) -> None:
    assert authority_certificate(source) is None
    issue(source, (NAME,), days=90)
    first = authority_certificate(source)
    issue(source, (NAME,), days=90)
    assert authority_certificate(source) == first
    constraints = x509.load_pem_x509_certificate(first or b"").extensions.get_extension_for_class(
        x509.BasicConstraints
    )
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


def test_only_where_it_is_asked_for_a_certificate_also_shows_who_asks(
    source: MemorySecrets,
) -> None:
    for client, usages in ((False, 1), (True, 2)):
        _, certificate = issue(source, ("shop.example",), days=90, client=client)
        loaded = x509.load_pem_x509_certificate(certificate.reveal())
        usage = loaded.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert len(usage) == usages


def test_the_edges_certificate_is_kept_until_it_is_time(source: MemorySecrets) -> None:
    first = edge_certificate(spec(), Path(), source)
    assert edge_certificate(spec(), Path(), source) == first
    left = leaf_of(first[CERTIFICATE]).not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=LEAF_DAYS - 1) < left <= timedelta(days=LEAF_DAYS)


@pytest.mark.parametrize(("days", "renewed"), [(29, True), (31, False)])
def test_it_is_renewed_30_days_before_its_end(
    source: MemorySecrets, days: int, renewed: bool
) -> None:
    assert timedelta(days=30) == RENEW_BEFORE
    source.values[KEY], source.values[CERTIFICATE] = issue(source, (NAME,), days=days)
    before = source.values[CERTIFICATE]
    assert (edge_certificate(spec(), Path(), source)[CERTIFICATE] != before) is renewed


def test_it_is_made_anew_for_another_set_of_names(source: MemorySecrets) -> None:
    first = edge_certificate(spec(), Path(), source)
    second = edge_certificate(spec(app={"aliases": [ALIAS]}), Path(), source)
    assert second != first
    verify(source, second[CERTIFICATE], ALIAS)


@pytest.mark.parametrize("name", [KEY, CERTIFICATE])
def test_what_does_not_belong_together_is_made_anew(source: MemorySecrets, name: str) -> None:
    edge_certificate(spec(), Path(), source)
    other = dict(zip((KEY, CERTIFICATE), issue(source, (NAME,), days=90), strict=True))
    for wrong in (other[name], Secret(b"damaged")):
        source.values[name] = wrong
        found = edge_certificate(spec(), Path(), source)
        private = serialization.load_pem_private_key(found[KEY].reveal(), None)
        assert private.public_key() == leaf_of(found[CERTIFICATE]).public_key()


Given = Callable[[bytes, bytes], Spec]


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """A Spec whose certificate and key are files with this content."""

    def write(certificate: bytes, key: bytes) -> Spec:
        (tmp_path / "tls.pem").write_bytes(certificate)
        (tmp_path / "tls.key").write_bytes(key)
        return spec(edge={"certificate": "tls.pem", "certificate_key": "tls.key"})

    return write


def pair(source: MemorySecrets, *names: str, days: int = 90) -> tuple[bytes, bytes]:
    key, certificate = issue(source, names or (NAME,), days=days)
    return certificate.reveal(), key.reveal()


@pytest.mark.parametrize("names", [(NAME,), ("other.example", NAME)])
def test_given_files_that_fit_are_taken_as_they_are(
    source: MemorySecrets, given: Given, tmp_path: Path, names: tuple[str, ...]
) -> None:
    certificate, key = pair(source, *names)
    found = edge_certificate(given(certificate, key), tmp_path, MemorySecrets())
    assert (found[CERTIFICATE].reveal(), found[KEY].reveal()) == (certificate, key)


def test_a_wildcard_stands_for_one_label(
    source: MemorySecrets, given: Given, tmp_path: Path
) -> None:
    made = given(*pair(source, "*.shop.example"))
    below = made.model_copy(update={"app": made.app.model_copy(update={"domain": ALIAS})})
    assert edge_certificate(below, tmp_path, source)


def encrypted(key: bytes) -> bytes:
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


Wrong = Callable[[MemorySecrets], tuple[bytes, bytes]]
WRONG: dict[str, tuple[Wrong, str]] = {
    "of another key": (lambda s: (pair(s)[0], pair(s)[1]), r"tls\.key is not the key of"),
    "expired": (lambda s: pair(s, days=-1), "expired on"),
    "for another name": (lambda s: pair(s, "other.example"), "not made for shop.example"),
    "for a deeper name": (lambda s: pair(s, "*.shop.example"), "not made for shop.example"),
    "for a top-level domain": (lambda s: pair(s, "*.example"), "not made for shop.example"),
    "an encrypted key": (lambda s: (pair(s)[0], encrypted(pair(s)[1])), "tls"),
    "no certificate": (lambda s: (b"text", pair(s)[1]), "tls"),
    "an empty file": (lambda s: (b"", pair(s)[1]), "tls"),
    "no key": (lambda s: (pair(s)[0], b"text"), "tls"),
}


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG)
def test_given_files_that_do_not_fit_are_refused(
    source: MemorySecrets, given: Given, tmp_path: Path, wrong: Wrong, said: str
) -> None:
    with pytest.raises(SpecError, match=said) as raised:
        edge_certificate(given(*wrong(source)), tmp_path, source)
    assert str(raised.value).startswith("edge.certificate")
    assert "PRIVATE KEY" not in str(raised.value)


def test_given_files_that_are_not_there_are_named(source: MemorySecrets, tmp_path: Path) -> None:
    made = spec(edge={"certificate": "tls.pem", "certificate_key": "tls.key"})
    with pytest.raises(SpecError, match=r"tls\.pem: No such file"):
        edge_certificate(made, tmp_path, source)


def test_an_authority_that_is_no_key_of_ours_is_an_error(source: MemorySecrets) -> None:
    issue(source, (NAME,), days=90)
    from cryptography.hazmat.primitives.asymmetric import ed25519

    source.values[certificates.AUTHORITY_KEY] = Secret(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(SecretError, match="is no ECDSA key"):
        issue(source, (NAME,), days=90)

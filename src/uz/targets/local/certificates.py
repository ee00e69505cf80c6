"""Certificates of the edge: files that were given, or a local CA's.

The CA is for demonstrations, rehearsals and private networks: browsers do not know it. Keys are
ECDSA on P-256; the edge's certificate lives 90 days and is renewed 30 days before its end.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from uz.components.offsite import CA_CERTIFICATE as OFFSITE_AUTHORITY
from uz.components.offsite import TLS_CERTIFICATE as OFFSITE_CERTIFICATE
from uz.errors import SecretError, SpecError
from uz.secret import Secret, SecretSource
from uz.spec import Spec

AUTHORITY_DAYS = 3650
LEAF_DAYS = 90
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(hours=1)
"""Clocks differ: a new certificate is already an hour old."""

SHORTEST_RSA = 2048
GIVE = "Name a PEM file with the certificate and its chain, and one with its key, not encrypted."

KEY, CERTIFICATE = "edge/key", "edge/certificate"
AUTHORITY_KEY, AUTHORITY = "edge/authority-key", "edge/authority"
PUBLIC = frozenset({CERTIFICATE, AUTHORITY, OFFSITE_CERTIFICATE, OFFSITE_AUTHORITY})
"""Kept with the secrets, and none."""


def edge_certificate(
    spec: Spec, project: Path, source: SecretSource, given_key: Secret | None = None
) -> Mapping[str, Secret]:
    """Return certificate and key for the edge by secret name, new ones where it is time.

    `given_key`: what `edge.certificate_key` refers to, where it is no file. Raises SpecError where
    what was given does not fit.
    """
    if spec.edge.certificate and spec.edge.certificate_key:
        files = project / spec.edge.certificate, project / spec.edge.certificate_key
        return given_files(spec, *files, given_key)
    key, certificate = source.read(KEY), source.read(CERTIFICATE)
    if key is None or certificate is None or not still_good(key, certificate, spec.domains):
        key, certificate = issue(source, spec.domains, days=LEAF_DAYS)
        source.write(KEY, key)
        source.write(CERTIFICATE, certificate)
    return {KEY: key, CERTIFICATE: certificate}


def issue(
    source: SecretSource, names: tuple[str, ...], *, days: int, client: bool = False
) -> tuple[Secret, Secret]:
    """Sign a key and certificate for these names; negative `days` make one that has expired.

    `client`: whoever has it may also use it to show who asks.
    """
    authority_key, authority = _authority(source)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [
        ExtendedKeyUsageOID.SERVER_AUTH,
        *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else []),
    ]
    begin = datetime.now(UTC) - BACKDATED + min(timedelta(days=days), timedelta(0)) * 2
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0][:64]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage(usages), False)
        .add_extension(_usage(sign_certificates=False), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False
        )
    )
    leaf = builder.sign(authority_key, hashes.SHA256())
    return Secret(_pem(key)), Secret(leaf.public_bytes(serialization.Encoding.PEM))


def authority_certificate(source: SecretSource) -> bytes | None:
    """The CA's certificate in PEM, or None where there is no local CA."""
    found = source.read(AUTHORITY)
    return None if found is None else found.reveal()


def _authority(source: SecretSource) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key, certificate = source.read(AUTHORITY_KEY), source.read(AUTHORITY)
    if key is None or certificate is None:
        key, certificate = _new_authority()
        source.write(AUTHORITY_KEY, key)
        source.write(AUTHORITY, certificate)
    try:
        loaded = serialization.load_pem_private_key(key.reveal(), None)
        found = x509.load_pem_x509_certificate(certificate.reveal())
    except (ValueError, TypeError) as error:
        raise SecretError(
            f"the secret {AUTHORITY!r} or {AUTHORITY_KEY!r} is damaged", hint="Restore the secrets."
        ) from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise SecretError(f"the secret {AUTHORITY_KEY!r} is no ECDSA key")
    return loaded, found


def _new_authority() -> tuple[Secret, Secret]:
    key = ec.generate_private_key(ec.SECP256R1())
    return Secret(_pem(key)), self_signed(key, f"Uz local CA {datetime.now(UTC):%Y-%m-%d}")


def self_signed(key: ec.EllipticCurvePrivateKey, title: str) -> Secret:
    """The certificate of a CA that signs servers and nothing else."""
    now, name = datetime.now(UTC), _name(title)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(_usage(sign_certificates=True), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    return Secret(certificate.public_bytes(serialization.Encoding.PEM))


def _general(name: str) -> x509.GeneralName:
    """A name in a certificate: of a domain, or an address."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _names_of(certificate: x509.Certificate) -> set[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return {*extension.value.get_values_for_type(x509.DNSName), *map(str, addresses)}


def still_good(key: Secret, certificate: Secret, names: tuple[str, ...]) -> bool:
    """Whether it is for these names, not near its end, and of this key: a crash may part them."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate.reveal())
        private = serialization.load_pem_private_key(key.reveal(), None)
    except ValueError:
        return False
    return (
        datetime.now(UTC) < loaded.not_valid_after_utc - RENEW_BEFORE
        and set(names) == _names_of(loaded)
        and private.public_key() == loaded.public_key()
    )


def given_files(
    spec: Spec, certificate: Path, key: Path, given_key: Secret | None = None
) -> Mapping[str, Secret]:
    """Read the user's own certificate and key. Raises SpecError where they do not fit."""
    try:
        chain = certificate.read_bytes()
        key_bytes = given_key.reveal() if given_key else key.read_bytes()
    except OSError as error:
        raise SpecError(
            f"edge.certificate: {error.filename}: {error.strerror}", hint=GIVE
        ) from error
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except (ValueError, TypeError) as error:
        raise SpecError(f"edge.certificate: {certificate}: {error}", hint=GIVE) from error
    try:
        private = serialization.load_pem_private_key(key_bytes, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        what = "what it refers to" if given_key else key
        raise SpecError(f"edge.certificate_key: {what}: {error}", hint=GIVE) from None
    if private.public_key() != leaf.public_key():
        raise SpecError(f"edge.certificate_key: {key} is not the key of {certificate}", hint=GIVE)
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < SHORTEST_RSA:
        raise SpecError(
            f"edge.certificate_key: {key} has {private.key_size} bits, too few to be safe",
            hint=f"Have the certificate made anew with at least {SHORTEST_RSA} bits.",
        )
    problem = _unfit(leaf, spec.domains)
    if problem:
        hint = "Have it made anew where it comes from."
        raise SpecError(f"edge.certificate: {certificate} {problem}", hint=hint)
    return {CERTIFICATE: Secret(chain), KEY: Secret(key_bytes)}


def _unfit(leaf: x509.Certificate, domains: tuple[str, ...]) -> str:
    """Why a certificate cannot serve these names now, or nothing."""
    now = datetime.now(UTC)
    if leaf.not_valid_after_utc < now:
        return f"expired on {leaf.not_valid_after_utc:%Y-%m-%d}"
    if leaf.not_valid_before_utc > now:
        return f"is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    names = _names_of(leaf)
    uncovered = [name for name in domains if not _covered(name, names)]
    if uncovered:
        known = ", ".join(sorted(names)[:10]) or "nobody"
        return f"is not made for {', '.join(uncovered)} (it names {known})"
    return ""


def _covered(name: str, names: set[str]) -> bool:
    """A wildcard stands for one label, and never for all names of a top-level domain."""
    parent = name.partition(".")[2]
    return name in names or ("." in parent and f"*.{parent}" in names)

"""Certificates of the user's own: good ones are served, bad ones are refused in time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from tests.live.refusals import mentions_next, refused
from tests.live.stage import DOMAIN, Client, Stage, holds_within

pytestmark = pytest.mark.live


class Files(NamedTuple):
    """Where the user keeps certificate and key."""

    certificate: Path
    key: Path


def make(files: Files, *names: str, days: int = 30, size: int = 0, password: str = "") -> None:
    """Write a self-signed certificate and its key; with a size the key is RSA."""
    key = rsa.generate_private_key(65537, size) if size else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
        .sign(key, hashes.SHA256())
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    hidden = serialization.BestAvailableEncryption(password.encode()) if password else None
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            hidden or serialization.NoEncryption(),
        )
    )


@pytest.fixture
def files(stage: Stage) -> Files:
    """A stage with a good certificate of the user's own that is served."""
    found = Files(stage.top / "cert.pem", stage.top / "key.pem")
    stage.set("app.instances", 1)
    stage.set("edge.certificate", str(found.certificate))
    stage.set("edge.certificate_key", str(found.key))
    stage.commit()
    make(found, DOMAIN)
    stage.up()
    return found


def served(stage: Stage, files: Files) -> bool:
    """Whether the edge answers with this certificate, once its old workers are gone."""
    return holds_within(10, Client(*stage.ports(), files.certificate).answers)


def other_key(files: Files) -> None:
    """The key of another certificate."""
    before = files.certificate.read_bytes()
    make(files, DOMAIN)
    files.certificate.write_bytes(before)


def folder(files: Files) -> None:
    """A folder instead of the key."""
    files.key.unlink()
    files.key.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    {
        "no certificate": (lambda files: files.certificate.unlink(), "cert.pem: No such file"),
        "no key": (lambda files: files.key.unlink(), "key.pem: No such file"),
        "another key": (other_key, "key.pem is not the key of"),
        "expired": (lambda files: make(files, DOMAIN, days=-1), "cert.pem expired on "),
        "another name": (lambda files: make(files, "x.test"), f"for {DOMAIN} (it names x.test"),
        "wild": (lambda files: make(files, "*.test"), f"not made for {DOMAIN} (it names *.test"),
        "not yet": (lambda files: make(files, DOMAIN, days=200), "cert.pem is not valid before"),
        "empty": (lambda files: files.certificate.write_text(""), "cert.pem"),
        "garbage": (lambda files: files.certificate.write_text("garbage"), "cert.pem"),
        "garbage key": (lambda files: files.key.write_bytes(bytes(99)), "key.pem"),
        "a key": (lambda files: files.key.replace(files.certificate), "key.pem: No such file"),
        "password": (lambda files: make(files, DOMAIN, password="x"), "key.pem"),
        "weak": (lambda files: make(files, DOMAIN, size=1024), "key.pem has 1024 bits, too few"),
        "folder": (folder, "key.pem: Is a directory"),
    }.values(),
)  # fmt: skip
def test_a_bad_certificate_is_refused_and_the_good_one_goes_on(
    stage: Stage, files: Files, spoil: Callable[[Files], object], said: str
) -> None:
    good = Files(stage.top / "good.pem", stage.top / "good-key.pem")
    good.certificate.write_bytes(files.certificate.read_bytes())
    spoil(files)
    message = refused(stage.uz("up"), "edge.certificate", said)
    assert mentions_next(message)
    assert served(stage, good)
    if files.key.is_dir():
        files.key.rmdir()
    make(files, DOMAIN)
    stage.up()
    assert served(stage, files)


def test_a_renewed_certificate_is_taken_up_by_a_reload(stage: Stage, files: Files) -> None:
    make(files, DOMAIN)
    assert "edge             reloaded" in stage.up().stdout
    assert served(stage, files)


def test_a_path_relative_to_the_project_works(stage: Stage, files: Files) -> None:
    make(Files(stage.project / "c.pem", stage.project / "k.pem"), DOMAIN)
    stage.set("edge.certificate", "c.pem")
    stage.set("edge.certificate_key", "k.pem")
    stage.up()
    assert served(stage, Files(stage.project / "c.pem", files.key))

import pytest

from uz.errors import SpecError
from uz.testing import spec


@pytest.mark.parametrize("key", ["certificate", "certificate_key"])
def test_certificate_and_key_are_given_together_or_not_at_all(key: str) -> None:
    with pytest.raises(SpecError, match="together or not at all"):
        spec(edge={key: "tls/file.pem"})
    assert spec(edge={"certificate": "a.pem", "certificate_key": "b.pem"}).edge.certificate


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a$b", "a{b}", "a\\b", "é", ""])
def test_a_header_cannot_leave_its_quotes(value: str) -> None:
    with pytest.raises(SpecError, match="edge.content_security_policy"):
        spec(edge={"content_security_policy": value})


def test_a_usual_policy_is_a_header_value() -> None:
    policy = "default-src 'self'; img-src https://*.example:443 data:; report-uri /csp"
    assert spec(edge={"content_security_policy": policy}).edge.content_security_policy == policy


def test_a_limit_of_nothing_is_not_taken_for_no_limit() -> None:
    with pytest.raises(SpecError, match="edge.body_limit"):
        spec(edge={"body_limit": "0MiB"})

"""Errors of boto3: who gets which message."""

from importlib import import_module
from typing import Any

import pytest

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers.aws_errors import meaning

exceptions: Any = import_module("botocore.exceptions")
URL = {"endpoint_url": "https://secretsmanager.example"}


def answered(code: str, message: str = "", status: int = 400) -> Exception:
    """An error that AWS gave."""
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    error: Exception = exceptions.ClientError(answer, "GetSecretValue")
    return error


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidIdentityToken",
    ],
)
def test_who_is_not_let_in_is_refused_and_told_what_next(code: str) -> None:
    found = meaning(answered(code), "AWS: shop/key")
    assert type(found) is RefusedError
    assert str(found).startswith("AWS: shop/key: AWS does not ")
    assert code in str(found)
    assert found.hint


def test_the_reason_of_a_denial_is_told_in_one_line() -> None:
    found = meaning(answered("AccessDeniedException", "shop may\r\n not read  it"), "AWS")
    assert str(found).endswith(": shop may not read it")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.EndpointConnectionError(**URL),
        exceptions.ConnectTimeoutError(**URL),
        exceptions.ReadTimeoutError(**URL),
        exceptions.ConnectionClosedError(**URL),
        exceptions.ProxyConnectionError(proxy_url="http://127.0.0.1:1"),
        answered("503", status=503),
        answered("ServiceUnavailable", status=503),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_unreachable(error: Exception) -> None:
    assert type(meaning(error, "AWS")) is UnreachableError


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        exceptions.ProfileNotFound(profile="shop"),
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.CredentialRetrievalError(provider="process", error_msg="secret-value"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_login_is_refused(error: Exception) -> None:
    found = meaning(error, "AWS")
    assert type(found) is RefusedError
    assert "secret-value" not in str(found)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.SSLError(**URL, error="CERTIFICATE_VERIFY_FAILED"),
        exceptions.NoRegionError(),
        answered("ThrottlingException"),
        answered("InternalServiceError", status=500),
        exceptions.ParamValidationError(report="SecretString, value: secret-value"),
        answered("ValidationException", "Value 'secret-value' at 'secretString' failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_is_a_plain_error_that_shows_no_value(error: Exception) -> None:
    found = meaning(error, "AWS")
    assert type(found) is SecretError
    assert "secret-value" not in str(found)

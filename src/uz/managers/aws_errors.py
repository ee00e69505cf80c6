"""What the errors of boto3 mean: nobody answers, nobody is let in, or something else."""

from importlib import import_module

from uz.errors import RefusedError, SecretError, UnreachableError

NOT_LOGGED_IN = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPRejectedClaim",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired"})
THROTTLED = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
GATEWAYS = frozenset({502, 503, 504})
"""What answers in place of a service that does not."""
NO_LOGIN = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "NoAuthTokenError",
    "TokenRetrievalError",
    "ProfileNotFound",
    "SSOError",
    "LoginError",
    "RefreshWithMFAUnsupportedError",
)
LOG_IN = "Log in to AWS again (`aws sts get-caller-identity` shows as whom), and check the clock."


def code_of(error: Exception) -> str:
    """The code that AWS gives an error; empty for errors of this side."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def marked(error: Exception) -> bool:
    """Whether AWS will not do it because the secret is on its way out."""
    return code_of(error) == "InvalidRequestException" and "delet" in str(error).lower()


def meaning(error: Exception, where: str) -> SecretError:
    """The error to raise instead. It repeats no text that could hold what was sent."""
    if code := code_of(error):
        return _answered(error, code, where)
    known = import_module("botocore.exceptions")
    kind = type(error).__name__
    if isinstance(error, known.SSLError):
        return SecretError(
            f"{where}: its TLS certificate is not to be trusted", hint="Who answers there?"
        )
    if isinstance(error, (known.ConnectionError, known.HTTPClientError)):
        return UnreachableError(f"{where}: no answer ({kind})", hint="Is the network up?")
    if isinstance(error, known.NoRegionError):
        return SecretError(
            f"{where}: the region is not known",
            hint="Set `region` in [secrets] of uz.toml, or AWS_DEFAULT_REGION.",
        )
    if isinstance(error, tuple(getattr(known, name) for name in NO_LOGIN)):
        return RefusedError(f"{where}: not logged in to AWS ({kind})", hint=LOG_IN)
    return SecretError(f"{where}: AWS cannot be asked for this ({kind})")


def _answered(error: Exception, code: str, where: str) -> SecretError:
    answer = getattr(error, "response", {})
    if code in NOT_LOGGED_IN:
        return RefusedError(f"{where}: AWS does not accept the login ({code})", hint=LOG_IN)
    if code in NOT_ALLOWED:
        said = " ".join(str(answer["Error"].get("Message", "")).split())[:300]
        return RefusedError(
            f"{where}: AWS does not allow it ({code}): {said}",
            hint="Let the identity that Uz runs as do this to this secret, in its IAM policy.",
        )
    if code in THROTTLED:
        return SecretError(f"{where}: AWS asks to wait ({code})", hint="Try again in a minute.")
    if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") in GATEWAYS:
        return UnreachableError(f"{where}: no answer ({code})", hint="Is AWS well? Try again.")
    return SecretError(f"{where}: AWS refuses the request ({code})")

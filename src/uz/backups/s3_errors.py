"""What the errors of an S3 store mean: nobody answers, nobody is let in, or something else."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from uz.errors import StoreError, StoreRefusedError, StoreUnreachableError

WRONG_KEY = frozenset(
    {
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
FORBIDDEN = frozenset({"403", "AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden"})
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
NO_OBJECT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})
UNKNOWN = frozenset({"405", "501", "MethodNotAllowed", "NotImplemented"})
"""The store has no such operation."""
ELSEWHERE = frozenset(
    {"301", "307", "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect"}
)
BUSY = frozenset(
    {
        "408",
        "429",
        "ConditionalRequestConflict",
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
    }
)
FULL = frozenset({"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})
READ_ONLY = frozenset({"BucketReadOnly", "ReadOnly", "XMinioReadOnly"})
LATER = "What is to be sent waits on this machine; it is tried again."


def code_of(error: Exception) -> str:
    """The code that the store gives an error; empty for errors of this side."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def store_error(error: Exception, where: str, what: str = "") -> StoreError:
    """The error to raise instead. `where` is endpoint and bucket, `what` was asked for."""
    place = f"{where}: {what}" if what else where
    if code := code_of(error):
        return _answered(getattr(error, "response", {}), code, where, place)
    known = import_module("botocore.exceptions")
    kind = type(error).__name__
    if isinstance(error, known.SSLError):
        return StoreError(
            f"{where}: its certificate is not to be trusted",
            hint="Name the CA in backups.authority, or find out who answers there.",
        )
    if isinstance(error, known.InvalidConfigError | known.ParamValidationError | ValueError):
        return StoreError(f"{place}: cannot be asked for ({kind})", hint="Look at [backups].")
    if isinstance(error, known.ConnectionError | known.HTTPClientError | known.IncompleteReadError):
        return StoreUnreachableError(f"{where}: no answer ({kind})", hint=LATER)
    return StoreError(f"{place}: cannot be asked for ({kind})", hint=WHO)


def told(answer: Mapping[str, Any], name: str, where: str) -> Any:
    """What a store always says in an answer. Raises StoreError: other servers say yes as well."""
    if not answer.get(name):
        raise StoreError(f"{where}: what answers there is not an S3 store", hint=WHO)
    return answer[name]


WHO = "Look at backups.offsite and backups.endpoint."


def _answered(answer: dict[str, Any], code: str, where: str, place: str) -> StoreError:
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = " ".join(str(answer.get("Error", {}).get("Message", "")).split())[:200]
    if code in SKEWED:
        return _skewed(answer, where)
    if code in WRONG_KEY:
        return StoreRefusedError(
            f"{where}: the access key is not accepted ({code})",
            hint="Look at backups.access_key and backups.secret_key: do they belong together?",
        )
    if code in FORBIDDEN:
        return StoreRefusedError(
            f"{place}: this access key may not do that ({code})",
            hint="Give it the policy that `uz backup policy` prints.",
        )
    if code == "NoSuchBucket":
        hint = "Create it, with versioning and object lock, or look at backups.offsite."
        return StoreError(f"{where}: there is no such bucket", hint=hint)
    if code in NO_OBJECT:
        return StoreError(f"{place}: not there")
    if code in ELSEWHERE:
        hint = "Set backups.region to the bucket's."
        return StoreError(f"{where}: the bucket lies in another region ({code})", hint=hint)
    if code in FULL or status == 507:
        return StoreError(f"{where}: the store is full ({code})", hint="Make room there.")
    if code in READ_ONLY:
        hint = "Let its keeper open it again: nothing can be added."
        return StoreError(f"{where}: the store is read-only ({code})", hint=hint)
    if code in BUSY or status >= 500:
        return StoreUnreachableError(f"{where}: no answer now ({code}: {said})", hint=LATER)
    return StoreError(f"{place}: refused ({code}: {said})", hint=WHO)


def _skewed(answer: dict[str, Any], where: str) -> StoreError:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    there = f" (there it is {headers['date']})" if "date" in headers else ""
    return StoreRefusedError(
        f"{where}: the clock of this machine is wrong{there}",
        hint="Set it: `timedatectl set-ntp true` keeps it right.",
    )

"""What the errors of Azure's client mean: nobody answers, nobody is let in, or something else."""

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from uz.errors import RefusedError, SecretError, UnreachableError

GATEWAYS = frozenset({502, 503, 504})
"""What answers in place of a vault that does not."""
LOG_IN = (
    "Log in to Azure again (`az account show` shows as whom), or set AZURE_TENANT_ID,"
    " AZURE_CLIENT_ID and the client's credential."
)


def codes(error: AzureError) -> tuple[str, str]:
    """The code that Azure gives an error, and the one inside; empty where there is none."""
    said = error.error if isinstance(error, HttpResponseError) else None
    inner = said.innererror if said else None
    code = inner.get("code", "") if isinstance(inner, dict) else ""
    return str((said.code if said else "") or ""), str(code)


def meaning(error: Exception, where: str) -> SecretError:
    """The error to raise instead. It repeats no text that could hold what was sent."""
    if isinstance(error, ClientAuthenticationError):
        return RefusedError(f"{where}: not logged in to Azure: {_line(error)}", hint=LOG_IN)
    if isinstance(error, HttpResponseError):
        return _answered(error, where)
    if isinstance(error, (ServiceRequestError, ServiceResponseError)):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return SecretError(
                f"{where}: its TLS certificate is not to be trusted", hint="Who answers there?"
            )
        kind = type(error).__name__
        return UnreachableError(
            f"{where}: no answer ({kind})", hint="Is the network up, and the vault's name right?"
        )
    if isinstance(error, ValueError):  # what the client says of a challenge for another domain
        return RefusedError(
            f"{where}: who answers there is no Azure Key Vault of this address",
            hint="Compare the address with the vault's own, in its overview at Azure.",
        )
    return SecretError(f"{where}: Azure cannot be asked for this ({type(error).__name__})")


def _answered(error: HttpResponseError, where: str) -> SecretError:
    code, inner = codes(error)
    named = "/".join(one for one in (str(error.status_code), code, inner) if one)
    if inner == "SecretDisabled":
        return SecretError(f"{where}: is disabled", hint="Enable it in the vault.")
    if error.status_code in {401, 403}:
        return RefusedError(
            f"{where}: Azure does not allow it ({named}): {_line(error)}",
            hint="Let the identity that Uz runs as do this, in the vault's roles or policies.",
        )
    if error.status_code == 429:
        wait = getattr(error.response, "headers", {}).get("Retry-After")
        seconds = f" {wait} s" if wait else ""
        return SecretError(
            f"{where}: Azure asks to wait{seconds} (too many requests)", hint="Try again then."
        )
    if error.status_code in GATEWAYS:
        return UnreachableError(f"{where}: no answer ({named})", hint="Is Azure well? Try again.")
    return SecretError(f"{where}: Azure refuses the request ({named})")


def _line(error: AzureError) -> str:
    """What a person should know of it, in one line."""
    lines = [line.strip() for line in str(error.message).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]

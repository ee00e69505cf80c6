"""What can go wrong for a caller, and how it is answered: always as JSON, with a hint."""

from typing import ClassVar

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

LISTED = "GET /openapi.json lists what there is."
FRAMEWORK_ERRORS = {
    404: ("not_found", LISTED),
    405: ("method_not_allowed", LISTED),
    413: ("too_large", "Send less at once."),
}


class ShopError(Exception):
    """Something the caller can do something about."""

    status = 400
    code = "refused"
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class KeyMissingError(ShopError):
    """No key was sent, or one that nobody was given."""

    status = 401
    code = "key_missing"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class KeyRefusedError(ShopError):
    """The key is not the one for this."""

    status = 403
    code = "key_refused"


class NotFoundError(ShopError):
    """There is no such thing, or it belongs to somebody else."""

    status = 404
    code = "not_found"


class AlreadyExistsError(ShopError):
    """The name is taken."""

    status = 409
    code = "already_exists"


class CartEmptyError(ShopError):
    """There is nothing to order."""

    status = 409
    code = "cart_empty"


class TooManyError(ShopError):
    """More of a product than one cart may hold."""

    status = 409
    code = "too_many"


class OutOfStockError(ShopError):
    """There is less of a product than was ordered."""

    status = 409
    code = "out_of_stock"


class StorageUnavailableError(ShopError):
    """The storage did not answer; nothing was changed."""

    status = 503
    code = "storage_unavailable"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class OutcomeUnknownError(ShopError):
    """The storage broke at the last moment: the change may have happened, or not."""

    status = 503
    code = "outcome_unknown"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


def error_body(code: str, message: str, hint: str = "", **more: object) -> dict[str, object]:
    """The one form in which every error is answered."""
    return {"error": {"code": code, "message": message, "hint": hint, **more}}


async def answer_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an error as JSON; what was sent is never repeated, as it may be secret."""
    match error:
        case ShopError():
            body = error_body(error.code, error.message, error.hint)
            return JSONResponse(body, error.status, error.headers)
        case RequestValidationError():
            fields = [
                {"where": ".".join(map(str, found["loc"])), "message": found["msg"]}
                for found in error.errors()
            ]
            body = error_body(
                "invalid", "The request is not valid.", "See `fields`.", fields=fields
            )
            return JSONResponse(body, 422)
        case HTTPException():
            code, hint = FRAMEWORK_ERRORS.get(error.status_code, ("refused", ""))
            body = error_body(code, error.detail, hint)
            return JSONResponse(body, error.status_code, error.headers)
    raise error

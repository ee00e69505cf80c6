"""The shop as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shop.access import Shop
from shop.body_limit import BodyLimit
from shop.cache import Cache
from shop.database import Database
from shop.endpoints import ROUTERS
from shop.errors import ShopError, answer_error
from shop.keys import Keys
from shop.request_log import RequestLog
from shop.settings import Settings
from shop.time_limit import TimeLimit

LARGEST_BODY = 16 * 1024


def create_app(settings: Settings) -> FastAPI:
    """A shop with these settings; it connects when it is asked, not before."""
    database = Database(settings.database)
    cache = Cache(settings.redis_url, settings.release)

    @asynccontextmanager
    async def while_running(_: FastAPI) -> AsyncIterator[None]:
        yield
        await cache.close()
        await database.close()

    app = FastAPI(
        title="Shop",
        version=settings.release,
        lifespan=while_running,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shop = Shop(database, Keys(settings.pepper, settings.admin_key), cache)
    for router in ROUTERS:
        app.include_router(router)
    for error in (ShopError, RequestValidationError, HTTPException):
        app.add_exception_handler(error, answer_error)
    app.add_middleware(BodyLimit, limit=LARGEST_BODY)
    app.add_middleware(TimeLimit, seconds=settings.request_timeout)
    app.add_middleware(RequestLog, release=settings.release)  # Added last: the outermost.
    return app

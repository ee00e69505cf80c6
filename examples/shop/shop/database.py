"""The database: connections that are kept, transactions, and what failing means."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Concatenate, ParamSpec, TypeVar

from psycopg.errors import ConnectionTimeout, QueryCanceled
from sqlalchemy import exc, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shop.database_settings import DatabaseSettings
from shop.deadline import within
from shop.errors import OutcomeUnknownError, StorageUnavailableError
from shop.models import Product

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
# Before each new attempt: the first one is enough when only the connections were old.
PAUSES_SECONDS = (0.0, 0.1, 0.4)
PREPARED_AFTER = 5  # psycopg's own default

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
Work = Callable[Concatenate[AsyncSession, Parameters], Awaitable[Answer]]


class Database:
    """Lends its connections to work, and keeps them for the next.

    Nothing is set for a session, as behind a pooler the next transaction may have another.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._engine = create_async_engine(
            settings.url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_timeout,
            hide_parameters=True,
            connect_args={
                "connect_timeout": ceil(settings.connect_timeout),
                "prepare_threshold": PREPARED_AFTER if settings.prepared_statements else None,
            },
        )
        # Each statement by itself needs neither BEGIN nor COMMIT, so it is one round trip.
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(
        self,
        work: Work[Parameters, Answer],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Answer:
        """What the work answers, which changes nothing."""

        async def attempt() -> Answer:
            async with _session(self._reading) as session:
                return await work(session, *args, **kwargs)

        return await _attempts(attempt)

    async def write(
        self,
        work: Work[Parameters, Answer],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Answer:
        """What the work answers, in a transaction: all of it happens, or nothing.

        It may be called more than once: what breaks before COMMIT never happened. Raises
        OutcomeUnknownError when the connection breaks during COMMIT.
        """

        async def attempt() -> Answer:
            async with _session(self._engine) as session:
                answer = await work(session, *args, **kwargs)
                await session.flush()
                try:
                    await session.commit()
                except exc.DBAPIError as error:
                    if error.connection_invalidated:
                        raise OutcomeUnknownError(
                            "The storage did not say whether this happened.",
                            "Look first, or send an order again with its Idempotency-Key.",
                        ) from error
                    raise
                return answer

        return await _attempts(attempt)

    async def check(self) -> None:
        """Raise StorageUnavailableError unless products can be read now."""
        try:
            await within(CHECK_SECONDS, self.read(_look))
        except (exc.SQLAlchemyError, TimeoutError) as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()


def _session(engine: AsyncEngine) -> AsyncSession:
    return AsyncSession(engine, expire_on_commit=False)


async def _look(session: AsyncSession) -> None:
    await session.execute(select(Product.id).limit(1))


async def _attempts(attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    for pause in (*PAUSES_SECONDS, None):
        try:
            return await attempt()
        except (exc.OperationalError, exc.InternalError) as error:
            # What took long enough would take as long again.
            if pause is None or isinstance(error.orig, QueryCanceled | ConnectionTimeout):
                raise _unavailable(error) from error
            logger.info("the database failed and is tried again: %s", error.orig)
            await asyncio.sleep(pause)
        except exc.TimeoutError as error:
            raise _unavailable(error) from error
    raise AssertionError("the last attempt answers or raises")


def _unavailable(error: Exception) -> StorageUnavailableError:
    logger.error("the database did not answer: %s", getattr(error, "orig", None) or repr(error))
    return StorageUnavailableError(
        "The storage does not answer.", "Nothing was changed; try again in a moment."
    )

"""The log: one JSON object a line, on standard output."""

import json
import logging
import sys
from datetime import UTC, datetime

SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.asgi")


class JsonLine(logging.Formatter):
    """Writes a record as one JSON object, with the record's `fields` beside it."""

    def __init__(self, release: str) -> None:
        super().__init__()
        self._release = release

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; an exception becomes a field of it."""
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            "release": self._release,
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def write_json_lines(release: str) -> None:
    """Send every logger of this process, the server's too, to standard output as JSON.

    The server's own line for each request is turned off: `shop.request_log` says more.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLine(release))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in SERVER_LOGGERS:
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False

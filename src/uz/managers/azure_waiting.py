"""Waiting as long as Azure Key Vault asks for, and not for ever."""

import time
from typing import Any

from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy

LONGEST = 30.0
"""Seconds that one request may wait in all."""


class BoundedRetries(RetryPolicy[Any, Any]):
    """Tries again as the vault asks (`Retry-After`), else after growing pauses."""

    def __init__(self, longest: float = LONGEST) -> None:
        """Try four times more at most; twice where nobody answers."""
        super().__init__(retry_total=4, retry_connect=1, retry_read=1, retry_status=4)
        self.longest = longest

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether to wait and ask again: not where the wait would be too long."""
        until = settings.setdefault("until", time.monotonic() + self.longest)
        ahead = {**settings, "history": [*settings["history"], response]}  # as it will be then
        wait = self.get_retry_after(response) or self.get_backoff_time(ahead)
        return bool(super().is_retry(settings, response)) and time.monotonic() + wait <= until

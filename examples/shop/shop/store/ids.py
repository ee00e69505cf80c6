"""Identifiers that are unique without asking anybody."""

import secrets
import time


def new_id() -> str:
    """32 hexadecimal digits; later ones sort after earlier ones, to the millisecond."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"

"""What every refusal has in common: one screen, no traceback, an exit code that means something."""

from tests.live.stage import Ran

SCREEN = 30
"""Lines."""


def refused(ran: Ran, *said: str, code: int = 2) -> str:
    """Check that a command ended with a clear message; return the message."""
    assert ran.code == code, ran
    assert "Traceback" not in ran.stderr, ran
    lines = ran.stderr.rstrip("\n").split("\n")
    assert any(line.startswith(("uz: ", "usage: ")) for line in lines), ran
    assert len(lines) <= SCREEN, ran
    assert all(len(line) <= 600 for line in lines), ran
    assert not {char for line in lines for char in line if not char.isprintable()}, ran
    for words in said:
        assert words in ran.stderr, ran
    return ran.stderr


def mentions_next(message: str) -> bool:
    """Whether a message says what to do."""
    return any(line.startswith("next: ") for line in message.splitlines())

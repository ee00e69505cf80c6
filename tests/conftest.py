"""What every test may ask for."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Whoever runs the tests in the background may have them ignore Ctrl-C and hang-ups, and what they
# start would ignore both as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("uz", deadline=None, max_examples=50)
settings.load_profile("uz")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden`: write the golden files anew; git shows what changed."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return Path(__file__).parent.parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file below `golden/`, beside the test; or write it, where asked."""

    def compare(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.read_text() == text, f"{path} differs: pytest --update-golden writes it anew"

    return compare

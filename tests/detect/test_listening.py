from collections.abc import Callable

import pytest

from uz.detect.finding import Finding, Remark
from uz.detect.listening import listening
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
EXPRESS = "const app = express();\n"
FASTIFY = "const app = Fastify();\n"


def texts(repo: Repo, source: str) -> list[str]:
    seen = listening(repo({"server.js": source}))
    return [one.text if isinstance(one, Remark) else f"{one.key}={one.value}" for one in seen]


@pytest.mark.parametrize(
    "source",
    [
        EXPRESS + "app.listen(process.env.PORT, '127.0.0.1')",
        EXPRESS + "app.listen(+process.env['PORT'], \"localhost\", () => {})",
        EXPRESS + "const { PORT = 3000 } = process.env;\napp.listen(PORT, '127.0.0.1')",
        FASTIFY + "app.listen({ port: process.env.PORT })",
        "app.listen(3000)",
        EXPRESS + "// app.listen(3000)",
    ],
)
def test_a_server_on_loopback_and_the_given_port_needs_no_remark(repo: Repo, source: str) -> None:
    assert texts(repo, source) == []


@pytest.mark.parametrize(
    "source",
    [
        EXPRESS + "app.listen(process.env.PORT || 3000)",
        EXPRESS + "app.listen(process.env.PORT, '0.0.0.0')",
        FASTIFY + "app.listen({ port: process.env.PORT, host: '0.0.0.0' })",
        EXPRESS + "const h = process.env.HOST; // of the database\napp.listen(process.env.PORT)",
    ],
)
def test_a_server_that_listens_everywhere_is_told(repo: Repo, source: str) -> None:
    (text,) = texts(repo, source)
    assert "listens on all addresses" in text
    assert text.startswith("server.js:")


def test_a_fixed_port_is_told(repo: Repo) -> None:
    (text,) = texts(repo, EXPRESS + "app.listen(3000, '127.0.0.1')")
    assert "does not read the variable PORT" in text


@pytest.mark.parametrize(
    "source",
    [
        "app.listen(process.env.PORT, process.env.HOST)",
        "app.listen({ port: process.env.PORT, host: process.env.HOST ?? '0.0.0.0' })",
        "const host = process.env.HOST || '0.0.0.0';\napp.listen(process.env.PORT, host)",
    ],
)
def test_a_variable_for_the_address_is_set(repo: Repo, source: str) -> None:
    assert texts(repo, EXPRESS + source) == ["app.env.HOST=127.0.0.1"]


def test_the_place_says_which_variable_is_read(repo: Repo) -> None:
    source = EXPRESS + "app.listen(process.env.PORT, process.env.HOSTNAME)"
    (found,) = listening(repo({"server.js": source}))
    assert isinstance(found, Finding)
    assert found.because == "server.js:2: app.listen(…) reads HOSTNAME"


def test_a_call_without_an_end_does_no_harm(repo: Repo) -> None:
    assert texts(repo, EXPRESS + "app.listen(process.env.PORT, (" + "(" * 10_000)

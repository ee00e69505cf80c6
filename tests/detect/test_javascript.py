import time
from collections.abc import Callable

import pytest

from uz.detect.javascript import Script, scripts, without_comments
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a // b\nc", "a     \nc"),
        ("a /* b\nc */ d", "a     \n     d"),
        ("'http://x' // y", "'http://x'     "),
        ('"/* no */"', '"/* no */"'),
        ("`// no`", "`// no`"),
        (r"'it\'s // no' // yes", r"'it\'s // no'       "),
        ("a /* open", "a        "),
        ("'open // no\nb // yes", "'open // no\nb       "),
    ],
)
def test_comments_are_blanked_and_strings_are_not(text: str, left: str) -> None:
    assert without_comments(text) == left


@pytest.mark.parametrize("text", ["`\\" * 200_000, "/*" * 200_000, "/**" * 200_000, "'" * 300_000])
def test_text_made_to_be_slow_is_not(text: str) -> None:
    began = time.monotonic()
    without_comments(text)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "line",
    [
        "const app = express()",
        "let app = await NestFactory.create(Module)",
        "var app = Fastify({ logger: true })",
        "const app = new Hono()",
        "const app: Express = express()",
        "const app = http.createServer(handler)",
    ],
)
def test_variables_with_a_server_are_known(line: str) -> None:
    assert set(Script("a.js", line).servers()) == {"app"}


@pytest.mark.parametrize(
    "line", ["const app = axios.create()", "app = 1", "const app = expressed()"]
)
def test_other_variables_hold_no_server(line: str) -> None:
    assert Script("a.js", line).servers() == {}


@pytest.mark.parametrize("line", ["const r = express.Router()", "const r = Router()"])
def test_variables_with_a_router_are_known(line: str) -> None:
    assert Script("a.js", line).routers() == {"r"}


def test_lines_and_excerpts_are_found_by_position() -> None:
    script = Script("a.js", "one\n  two()\nthree")
    assert script.line(6) == 2
    assert script.excerpt(6) == "two()"


def test_only_source_that_mentions_the_matter_is_read(repo: Repo) -> None:
    files = repo(
        {"a.js": "listen", "b.ts": "listen", "c.js": "", "d.d.ts": "listen", "bin/www": "listen",
         "e.txt": "listen", "test/f.js": "listen"}
    )  # fmt: skip
    assert [script.path for script in scripts(files, "listen")] == ["a.js", "b.ts", "bin/www"]

from collections.abc import Callable

import pytest

from uz.detect.node_routes import node_routes
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
APP = "const app = express();\n"
NEXT = '{"dependencies": {"next": "15"}}'


def paths(repo: Repo, files: dict[str, str]) -> list[tuple[str, bool]]:
    return [(one.path, one.sure) for one in node_routes(repo(files))]


@pytest.mark.parametrize(
    "line",
    [
        "app.get('/healthz', (req, res) => res.send('ok'))",
        'app.get( "/healthz" , handler)',
        "app\n  .get(`/healthz`, handler)",
        "app.all('/healthz', handler)",
        "app.route({ method: 'GET', url: '/healthz', handler })",
    ],
)
def test_a_health_route_is_found(repo: Repo, line: str) -> None:
    assert paths(repo, {"src/server.ts": APP + line}) == [("/healthz", True)]


@pytest.mark.parametrize(
    "line",
    [
        "// app.get('/healthz', handler)",
        "/* app.get('/healthz', handler) */",
        "axios.get('/healthz', options)",
        "app.post('/healthz', handler)",
        "app.get('/healthz')",
        "app.get('/healthcare', handler)",
        "app.get('/orders/ready', handler)",
        "app.get('/healthz/:id', handler)",
        "my_app.get('/healthz', handler)",
        "const text = \"app.get('/healthz')\"",
    ],
)
def test_what_only_looks_like_a_health_route_is_none(repo: Repo, line: str) -> None:
    assert paths(repo, {"server.js": APP + line}) == []


def test_a_route_on_a_router_is_a_guess(repo: Repo) -> None:
    source = "const r = express.Router();\nr.get('/health', h)"
    assert paths(repo, {"routes.js": source}) == [("/health", False)]


@pytest.mark.parametrize(
    "source",
    [
        "const ROUTES = { 'GET /health': health }",
        "if (req.method === 'GET' && req.url === '/health') {",
        'if (url.pathname == "/health") {',
    ],
)
def test_a_server_of_nodes_own_finds_its_routes_by_hand(repo: Repo, source: str) -> None:
    server = "const server = http.createServer(handle)\n"
    files = {"server.js": server, "routes.js": source}
    assert paths(repo, files) == [("/health", True)]
    assert paths(repo, {"routes.js": source}) == []


@pytest.mark.parametrize("source", ["'POST /health': x", "tag === '/health'", "'BUDGET /health'"])
def test_other_texts_are_no_routes_of_a_plain_server(repo: Repo, source: str) -> None:
    assert paths(repo, {"server.js": f"const a = createServer(b)\n{source}"}) == []


@pytest.mark.parametrize(
    "file",
    [
        "app/api/health/route.ts",
        "src/app/(public)/api/health/route.js",
        "pages/api/health.ts",
        "pages/api/health/index.js",
    ],
)
def test_files_are_routes_in_next(repo: Repo, file: str) -> None:
    assert paths(repo, {"package.json": NEXT, file: ""}) == [("/api/health", True)]


def test_files_are_no_routes_elsewhere(repo: Repo) -> None:
    assert paths(repo, {"package.json": "{}", "pages/api/health.ts": ""}) == []


@pytest.mark.parametrize("file", ["app/health/page.ts", "pages/health.ts", "lib/api/health.ts"])
def test_other_files_are_no_routes_in_next(repo: Repo, file: str) -> None:
    assert paths(repo, {"package.json": NEXT, file: ""}) == []

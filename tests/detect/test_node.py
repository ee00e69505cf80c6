import json
from collections.abc import Callable
from typing import Any

import pytest

from uz.detect.finding import Finding, Remark, Seen, Topic
from uz.detect.node import CLEAN, node_command, node_steps
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


def manifest(needs: tuple[str, ...] = ("express",), **scripts: Any) -> str:
    return json.dumps({"scripts": scripts, "dependencies": dict.fromkeys(needs, "1")}, indent=1)


def values(seen: list[Seen]) -> dict[str, str]:
    return {one.key: one.value for one in seen if isinstance(one, Finding)}


def steps(repo: Repo, files: dict[str, str], served: bool = True) -> list[str]:
    return [one.value for one in node_steps(repo(files), served) if isinstance(one, Finding)]


def test_a_plain_start_script_is_run_without_npm(repo: Repo) -> None:
    seen = list(node_command(repo({"package.json": manifest(start="node server.js")})))
    assert values(seen)["app.command"] == "node server.js"
    assert isinstance(seen[0], Finding)
    assert seen[0].because == 'package.json:3: "start"'


@pytest.mark.parametrize(
    "scripts",
    [
        {"start": "node a.js | tee log"},
        {"start": "npm run x && node a.js"},
        {"start": "node a.js", "prestart": "node b.js"},
    ],
)
def test_a_start_script_of_several_commands_is_left_to_npm(
    repo: Repo, scripts: dict[str, Any]
) -> None:
    seen = list(node_command(repo({"package.json": manifest(**scripts)})))
    assert values(seen)["app.command"] == "npm start"
    assert isinstance(seen[0], Finding)
    assert not seen[0].sure


def test_a_development_server_is_not_taken_over(repo: Repo) -> None:
    (remark,) = node_command(repo({"package.json": manifest(start="react-scripts start")}))
    assert isinstance(remark, Remark)
    assert (remark.topic, remark.about) == (Topic.MISSING, "app.command")


@pytest.mark.parametrize("scripts", [{"start": "next start"}, {"start": "next start -p 80"}, {}])
def test_next_listens_where_only_the_edge_reaches_it(repo: Repo, scripts: dict[str, str]) -> None:
    seen = list(node_command(repo({"package.json": manifest(("next",), **scripts)})))
    assert values(seen) == {
        "app.command": "next start --hostname 127.0.0.1 --port $PORT",
        "app.env.NODE_ENV": "production",
    }


def test_a_standalone_next_is_started_by_its_own_server(repo: Repo) -> None:
    files = {
        "package.json": manifest(("next",), start="next start", build="next build"),
        "next.config.mjs": "export default {\n  output: 'standalone',\n}",
        "public/logo.svg": "",
    }
    seen = values(list(node_command(repo(files))))
    assert seen["app.command"] == "node .next/standalone/server.js"
    assert seen["app.env.HOSTNAME"] == "127.0.0.1"
    assert steps(repo, files)[-2:] == [
        "cp -r .next/static .next/standalone/.next/static",
        "cp -r public .next/standalone/public",
    ]


def test_a_commented_option_of_next_does_not_count(repo: Repo) -> None:
    files = {"package.json": manifest(("next",)), "next.config.js": "// output: 'standalone',"}
    assert values(list(node_command(repo(files))))["app.command"].startswith("next start")


def test_settings_in_the_script_become_settings_of_the_app(repo: Repo) -> None:
    text = manifest(start="NODE_ENV=staging SESSION_SECRET=hunter2 node a.js")
    seen = list(node_command(repo({"package.json": text})))
    assert [one.value for one in seen if isinstance(one, Finding)] == [
        "node a.js", "staging", "production",
    ]  # fmt: skip
    assert "hunter2" not in repr(seen)


def test_a_server_file_is_what_npm_would_start(repo: Repo) -> None:
    seen = list(node_command(repo({"package.json": manifest(), "server.js": ""})))
    assert values(seen)["app.command"] == "node server.js"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"server.js": ""},
        {"package.json": "{}"},
        {"package.json": "broken"},
        {"package.json": '{"scripts": {"start": 3}}'},
        {"package.json": '{"scripts": "node"}'},
        {"package.json": manifest(("vue",), build="vite build")},
    ],
)
def test_a_repository_without_a_node_server_has_no_command(
    repo: Repo, files: dict[str, str]
) -> None:
    assert list(node_command(repo(files))) == []


@pytest.mark.parametrize("lock", CLEAN)
def test_a_lock_is_installed_exactly(repo: Repo, lock: str) -> None:
    program, install = CLEAN[lock]
    found = steps(repo, {"package.json": manifest(build="tsc"), lock: ""})
    assert found == [install, f"{program} run build"]


def test_a_modern_yarn_has_another_option(repo: Repo) -> None:
    files = {"package.json": manifest(), "yarn.lock": "", ".yarnrc.yml": ""}
    assert steps(repo, files) == ["yarn install --immutable"]


def test_a_missing_lock_is_remarked_on(repo: Repo) -> None:
    seen = list(node_steps(repo({"package.json": manifest()}), True))
    assert [one.topic for one in seen if isinstance(one, Remark)] == [Topic.CHANGE]
    assert steps(repo, {"package.json": manifest()}) == ["npm install"]


def test_the_assets_of_another_languages_app_are_built(repo: Repo) -> None:
    files = {"package.json": manifest(build="webpack"), "package-lock.json": ""}
    assert steps(repo, files, served=False) == ["npm ci", "npm run build"]
    assert steps(repo, {"package.json": manifest()}, served=False) == []


def test_prisma_is_generated_once(repo: Repo) -> None:
    files = {"package-lock.json": "", "package.json": manifest(("@prisma/client",), build="tsc")}
    assert "npx --no-install prisma generate" in steps(repo, files)
    files["package.json"] = manifest(("@prisma/client",), build="prisma generate && tsc")
    assert "npx --no-install prisma generate" not in steps(repo, files)

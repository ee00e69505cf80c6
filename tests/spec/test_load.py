from pathlib import Path

import pytest

from uz.errors import SpecError
from uz.spec import Kind, load, parse
from uz.spec.load import environment_names

MINIMAL = """\
[app]
name = "shop"
domain = "shop.example"
command = "serve --port $PORT"
"""


def refusal(text: str, environment: str = "production") -> str:
    """What is said of this text."""
    with pytest.raises(SpecError) as raised:
        parse(text, environment)
    return str(raised.value)


def test_a_file_is_read_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "uz.toml").write_text(MINIMAL)
    assert load(tmp_path).app.name == "shop"


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"uz\.toml: not found") as raised:
        load(tmp_path)
    assert "uz init" in raised.value.hint


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (2**20 + 1)])
def test_a_file_that_is_no_text_or_much_too_large_is_refused(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "uz.toml").write_bytes(content)
    with pytest.raises(SpecError, match=r"uz\.toml: (not UTF-8|larger than)"):
        load(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "uz.toml").mkdir()
    with pytest.raises(SpecError, match="is no file"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[edge]\nrat = 5\n", "uz.toml:6: edge.rat: unknown key, did you mean 'rate'?"),
        ("[edge]\nzzz = 5\n", "uz.toml:6: edge.zzz: unknown key"),
        ("[egde]\nrate = 5\n", "uz.toml:5: egde: unknown key, did you mean 'edge'?"),
        ("[processes.mail]\ncomand = 'x'\n", "mail.comand: unknown key, did you mean 'command'?"),
        ("[environment.x]\n", "uz.toml: environment: not a key here; see [environments.NAME]"),
        ("[edge]\nrate = 'five'\n", "uz.toml:6: edge.rate: should be a valid integer, got 'five'"),
        ("[edge]\nrate = true\n", "uz.toml:6: edge.rate: should be a valid integer, got True"),
        ("[logs]\nmax_size = 10\n", 'logs.max_size: 10 is not a size: write "64KiB", "10MiB"'),
        ("[edge]\nbody_limit = '1'\n", "uz.toml:6: edge.body_limit: '1' is not a size: write"),
        ("[network.allow]\n'22' = 'SSH'\n", "22: '22' is not a port: write \"22/tcp\""),
        ("[processes.Mail]\ncommand = 'x'\n", "'Mail' is not a name: a-z, 0-9 and hyphens"),
        ("[processes.app]\ncommand = 'x'\n", "uz.toml:5: processes.app: this name is taken by Uz"),
        ("edge = 1\n", "app.edge: unknown key"),
    ],
)
def test_the_wrong_key_is_named_with_its_line_and_its_cure(added: str, said: str) -> None:
    assert said in refusal(MINIMAL + added)


def test_the_format_of_another_version_is_refused() -> None:
    assert refusal("version = 2\n" + MINIMAL) == "uz.toml:1: version: should be 1, got 2"


@pytest.mark.parametrize("key", ["name", "domain", "command"])
def test_a_missing_key_is_named(key: str) -> None:
    without = "".join(line for line in MINIMAL.splitlines(True) if not line.startswith(key))
    assert refusal(without) == f"uz.toml:1: app.{key}: missing, and there is no default"


def test_an_empty_file_misses_the_app() -> None:
    assert refusal("") == "uz.toml: app: missing, and there is no default"


@pytest.mark.parametrize(
    "text", ["[app", "a = ", "a = 1\na = 2", "[app]\n[app]", "\x00", "a = " + "[" * 3000]
)
def test_what_is_no_toml_is_refused_in_one_line(text: str) -> None:
    said = refusal(text)
    assert said.startswith("uz.toml: not ")
    assert "\n" not in said


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_tables() -> None:
    said = refusal(MINIMAL + "instances = 0\n[edge]\nrat = 5\nburst = 'x'\n").splitlines()
    assert [line.split(": ")[1] for line in said] == ["app.instances", "edge.burst", "edge.rat"]


def test_a_screenful_of_problems_is_enough() -> None:
    many = "".join(f"key{number} = 1\n" for number in range(50))
    said = refusal(MINIMAL + "[edge]\n" + many).splitlines()
    assert len(said) == 13
    assert said[-1] == "and 38 more"


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(refusal(MINIMAL + f"[edge]\nrate = '{'x' * 9999}'\n")) < 400


ENVIRONMENTS = f"""\
{MINIMAL}instances = 4
[environments.demo]
kind = "staging"
[environments.demo.app]
instances = 1
[environments.demo.network]
port_base = 22000
"""


def test_an_environment_lies_over_the_rest() -> None:
    live, demo = parse(ENVIRONMENTS), parse(ENVIRONMENTS, "demo")
    assert (live.app.instances, demo.app.instances) == (4, 1)
    assert (live.kind, demo.kind) == (Kind.PRODUCTION, Kind.STAGING)
    assert (demo.environment, demo.app.name, demo.ports.base) == ("demo", "shop", 22000)


def test_an_unknown_environment_is_named_with_the_known_ones() -> None:
    said = refusal(ENVIRONMENTS, "demos")
    assert "no environment 'demos' (known: production, demo)" in said


@pytest.mark.parametrize("asked", ["production", "demo"])
def test_a_mistake_in_any_environment_is_refused_at_its_place(asked: str) -> None:
    text = ENVIRONMENTS.replace("instances = 1", "instance = 1")
    said = "uz.toml:9: environments.demo.app.instance: unknown key, did you mean 'instances'?"
    assert refusal(text, asked) == said


def test_a_general_mistake_is_said_once_and_not_for_each_environment() -> None:
    text = ENVIRONMENTS.replace("instances = 4", "instances = 0")
    said = refusal(text + "[environments.trial]\nnetwork.port_base = 25000\n")
    assert said == "uz.toml:5: app.instances: should be greater than or equal to 1, got 0"


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[environments.X]\nnetwork.port_base = 25000\n", "environments.X: 'X' is not a name"),
        (
            "[environments.rehearsal]\n",
            "environments.rehearsal: this name is taken by `uz rehearse`",
        ),
        ("[environments.demo-rehearsal]\n", "this name is taken by `uz rehearse`"),
        ("[environments.b]\nenvironment = 'c'\n", "environments.b.environment: not a key here"),
        (
            "[environments.b]\nkind = 'live'\nnetwork.port_base = 25000\n",
            "environments.b.kind: should",
        ),
        ("[environments.b]\nknd = 'staging'\nnetwork.port_base = 25000\n", "did you mean 'kind'?"),
        (
            "[environments.b.app]\nbuild = [1]\n",
            "uz.toml:13: environments.b.app.build.0: should be",
        ),
    ],
)
def test_an_environment_that_cannot_be_is_refused(added: str, said: str) -> None:
    assert said in refusal(ENVIRONMENTS + added)


@pytest.mark.parametrize("text", ["environments = 1\n", "[environments]\ndemo = 1\n"])
def test_environments_are_tables(text: str) -> None:
    assert "write one table [environments.NAME] each" in refusal(text)


def test_production_may_be_spelled_out() -> None:
    text = MINIMAL + "[environments.production.app]\ninstances = 7\n"
    assert parse(text).app.instances == 7


def test_the_names_of_all_environments_are_known(tmp_path: Path) -> None:
    assert environment_names(tmp_path) == ("production",)
    (tmp_path / "uz.toml").write_text(ENVIRONMENTS)
    assert environment_names(tmp_path) == ("production", "demo")


@pytest.mark.parametrize("text", ["[", "environments = 1"])
def test_names_cannot_be_read_from_a_file_that_is_broken(tmp_path: Path, text: str) -> None:
    (tmp_path / "uz.toml").write_text(text)
    with pytest.raises(SpecError):
        environment_names(tmp_path)

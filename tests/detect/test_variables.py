from collections.abc import Callable

import pytest

from uz.detect.finding import Topic
from uz.detect.repository import Repository
from uz.detect.variables import variables

Repo = Callable[[dict[str, str]], Repository]


def about(repo: Repo, files: dict[str, str]) -> list[str]:
    return [remark.about for remark in variables(repo(files))]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nkey = os.environ['API_KEY']",
        "from os import environ\nkey = environ['API_KEY']",
        "import os\ndef key():\n    return os.environ['API_KEY']",
    ],
)
def test_a_variable_without_a_default_must_be_set(repo: Repo, source: str) -> None:
    assert about(repo, {"settings.py": source}) == ["app.env.API_KEY"]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nkey = os.environ.get('API_KEY')",
        "import os\nos.environ['API_KEY'] = 'x'",
        "import os\ndel os.environ['API_KEY']",
        "import os\nkey = os.environ[name]",
        "import os\nport = os.environ['PORT']",
        "import os\nrelease = os.environ['UZ_ENVIRONMENT']",
        "environ = {}\nkey = environ['API_KEY']",
        "# os.environ['API_KEY']",
    ],
)
def test_other_variables_need_not_be_set(repo: Repo, source: str) -> None:
    assert about(repo, {"settings.py": source}) == []


def test_the_first_place_is_named_once(repo: Repo) -> None:
    source = "import os\nkey = os.environ['API_KEY']"
    (remark,) = variables(repo({"a.py": source, "b.py": source, "tests/c.py": source}))
    assert "a.py:2: environ['API_KEY']" in remark.text
    assert remark.topic is Topic.MISSING


def test_the_number_of_variables_is_bounded(repo: Repo) -> None:
    lines = "\n".join(f"os.environ['A{number}']" for number in range(99))
    assert len(about(repo, {"a.py": f"import os\n{lines}"})) == 20


@pytest.mark.parametrize("file", ["settings.py", "settings.ts"])
def test_files_with_secrets_are_asked_for(repo: Repo, file: str) -> None:
    files = {file: "folder = env('CREDENTIALS_DIRECTORY')"}
    assert about(repo, files) == ["app.generated_secrets"]

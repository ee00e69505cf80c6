import pytest

from uz.targets.local.supervise import surroundings

MISLEADING = ("HOMEBREW_GITHUB_API_TOKEN", "LC_SECRET", "LANGCHAIN_API_KEY", "PATH_TOKEN",
              "PYTHON_KEYRING_PASSWORD", "PYTHONSTARTUP", "TZ_TOKEN", "VIRTUAL_ENV_TOKEN",
              "UZ_HOME_TOKEN", "UZ_IDENTITY_TOKEN", "STRIPE_KEY")  # fmt: skip
KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LC_TIME", "PATH", "PYTHONPATH", "TMPDIR", "TZ",
        "UZ_HOME", "VIRTUAL_ENV")  # fmt: skip


@pytest.mark.parametrize("name", MISLEADING)
def test_a_supervisor_gets_no_variable_that_could_be_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "hunter2hunter2")
    assert name not in surroundings()


@pytest.mark.parametrize("name", KEPT)
def test_a_supervisor_gets_what_programs_need_to_run(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/some/where")
    assert surroundings()[name] == "/some/where"

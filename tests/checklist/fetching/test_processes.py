import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from tests.checklist.fetching_stand import trial

from uz.checklist.fetching.processes import lasting_variables
from uz.environment import ServiceStatus
from uz.stack import Role
from uz.testing import FakeEnvironment

WEB = FakeEnvironment().instances(Role.WEB)[0]
pytestmark = pytest.mark.live
SLEEPING = "import time; print(flush=True); time.sleep(300)"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {SLEEPING!r}], env={{"BAO_TOKEN": "s.child"}})
"""


class WithProcess(FakeEnvironment):
    """Its web instance is a real process."""

    pid: int | None = None

    def status(self) -> tuple[ServiceStatus, ...]:
        return tuple(
            replace(one, pid=self.pid) if one.name == WEB else one for one in super().status()
        )


@contextmanager
def process(code: str = SLEEPING, **variables: str) -> Iterator[WithProcess]:
    env = WithProcess(trial())
    started = psutil.Popen([sys.executable, "-c", code], env=variables, stdout=-1)
    try:
        started.stdout.readline()
        env.pid = started.pid
        yield env
    finally:
        for one in (*started.children(recursive=True), started):
            one.kill()
        started.wait(60)
        started.stdout.close()


def test_a_process_without_such_variables_is_fine() -> None:
    with process(PATH="/bin", LOG_LEVEL="info", VAULT_TOKEN="") as env:
        assert list(lasting_variables(env)) == []


@pytest.mark.parametrize(
    "name", ["VAULT_TOKEN", "BAO_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET"]
)
def test_a_credential_in_the_environment_is_found_and_not_told(name: str) -> None:
    with process(**{name: "the-value-itself"}) as env:
        (found,) = lasting_variables(env)
    assert found.startswith(f"{name} in the environment of {WEB}")
    assert "the-value-itself" not in found


def test_children_are_looked_at_too() -> None:
    with process(PARENT) as env:
        (found,) = lasting_variables(env)
    assert found.startswith("BAO_TOKEN")


@pytest.mark.parametrize(
    "app",
    [
        {"env": {"AWS_SECRET_ACCESS_KEY": "ref+vault://secret/s3#/key"}},
        {"secrets": {"aws-secret-access-key": "ref+vault://secret/s3#/key"}},
    ],
)
def test_what_uz_toml_gives_to_the_app_is_the_apps(app: dict[str, object]) -> None:
    with process(AWS_SECRET_ACCESS_KEY="x") as env:
        env.spec = trial(app=app)
        assert list(lasting_variables(env)) == []


def test_a_process_that_has_ended_has_no_environment() -> None:
    with process(VAULT_TOKEN="x") as env:
        pass
    assert list(lasting_variables(env)) == []


def test_an_environment_that_cannot_be_read_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_process: psutil.Process) -> dict[str, str]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "environ", closed)
    with process() as env, pytest.raises(psutil.AccessDenied):
        list(lasting_variables(env))

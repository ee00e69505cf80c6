"""Running a command that finds the app's settings and secrets as its processes do."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from uz.environment import Environment
from uz.errors import SecretError, UzError
from uz.secret import Secret
from uz.shell import in_place
from uz.stack import Role, Service

NAMED = "uz-exec-"
OWN = ("HOME", "PORT")
"""Variables of the app's processes that a person's command keeps as the person has them."""


def exec_secrets(environment: Environment, command: Sequence[str], memory: Path) -> int:
    """Run a command to its end, with a private folder below `memory`; return its exit code.

    The folder is removed afterwards, and by the next run where this one was killed. Raises UzError.
    """
    service = environment.stack.in_role(Role.WEB)[0]
    secrets = _fetched(environment, service)
    _remove_left(memory)
    with _delivered(secrets, memory) as folder:
        own = variables(service, environment.folder, secrets, folder)
        return in_place(command, own)


def _fetched(environment: Environment, service: Service) -> dict[str, Secret]:
    try:
        return {file: environment.wanted(service.name, file) for file in service.credentials}
    except SecretError as error:
        error.hint = error.hint or "`uz up` makes up what is Uz's own, such as passwords."
        raise


def variables(
    service: Service, root: Path, secrets: Mapping[str, Secret], folder: Path
) -> dict[str, str]:
    """What the command finds in its environment beside what the caller's has."""
    plain = {
        name: value.replace("{root}", str(root))
        for name, value in service.environment.items()
        if name not in OWN
    }
    filled = {name: _text(name, secrets[file]) for name, file in service.secret_environment.items()}
    return {**plain, **filled, "CREDENTIALS_DIRECTORY": str(folder)}


def _text(name: str, secret: Secret) -> str:
    text = os.fsdecode(secret.reveal())
    if "\0" in text:
        raise SecretError(
            f"{name}: holds a zero byte, which no environment variable can",
            hint="Let the app read it as a file: name it in [app.secrets].",
        )
    return text


@contextmanager
def _delivered(secrets: Mapping[str, Secret], memory: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{NAMED}{os.getpid()}-", dir=memory))  # mode 0700
    except OSError as error:
        raise UzError(
            f"{memory}: no folder can be made in memory: {error.strerror}",
            hint="Secrets are not written to a disk: make room there.",
        ) from error
    try:
        for file, secret in secrets.items():
            descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(secret.reveal())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(memory: Path) -> None:
    """Remove what a run that was killed has left: nobody else can have its process number."""
    for folder in memory.glob(f"{NAMED}*-*"):
        number = folder.name.removeprefix(NAMED).partition("-")[0]
        with suppress(OSError, ValueError):
            if folder.lstat().st_uid == os.geteuid() and not _lives(int(number)):
                shutil.rmtree(folder)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

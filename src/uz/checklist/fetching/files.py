"""Credentials with a long life in files: the bootstrap one as it should be, and no other."""

import os
import pwd
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from uz.environment import Environment
from uz.spec import Kind, Login, ManagerKind
from uz.targets.local.bootstrap import bootstrap_path
from uz.targets.local.layout import Layout

TOKEN_FILE = ".vault-token"
"""What the command lines of Vault and OpenBao leave in a home: the token of the last login."""
USERS = ("root", "uz", "uz-app")
PIPELINES = (".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml")
NAMES = (
    r"(?:VAULT|BAO|OPENBAO)_(?:TOKEN|SECRET_ID|APPROLE_SECRET_ID|ROLE_SECRET_ID|PASSWORD)"
    r"|AWS_SECRET_ACCESS_KEY|AZURE_CLIENT_SECRET|AZURE_CREDENTIALS"
)
STORED = re.compile(rf"secrets\.({NAMES})\b", re.IGNORECASE)
"""GitHub: a value that is kept in the settings of the repository."""
USED = re.compile(rf"\$\{{?({NAMES})\b")
MADE = re.compile(rf"\b({NAMES})\s*[=:]")
"""A variable that the file itself fills, as by a login that has just been done."""
LITERAL = re.compile(r"\b(?:hvs|hvb|s|b)\.[A-Za-z0-9_-]{24,}")
"""A token of Vault or OpenBao itself."""


def bootstrap_of(env: Environment) -> Path:
    """Where the one bootstrap credential is."""
    app = env.folder.parent
    return bootstrap_path(Layout(app.parent, app.name, env.name), env.spec)


def lasting_files(env: Environment) -> Iterator[str]:
    """What is wrong with the bootstrap credential, and every other credential in a file."""
    yield from _bootstrap(env)
    kit = env.folder.parent / f"{env.name}.recovery-kit.json"
    if env.kind is not Kind.REHEARSAL and kit.exists():
        yield f"{kit}: the recovery kit can be read; take it off this machine"
    for home in homes(env):
        if _there(home / TOKEN_FILE):
            yield f"{home / TOKEN_FILE}: a token that a command line left"
    yield from pipeline_files(env.project)


def homes(env: Environment) -> tuple[Path, ...]:
    """The homes of root, of who runs this, and of the users that Uz makes; the app's own too."""
    found = [Path(pwd.getpwuid(os.geteuid()).pw_dir), env.folder / "data" / "app"]
    for user in USERS:
        with suppress(KeyError):
            found.append(Path(pwd.getpwnam(user).pw_dir))
    return tuple(dict.fromkeys(found))


def pipeline_files(project: Path) -> Iterator[str]:
    """Where the pipeline's own files use a credential that the CI stores."""
    for pattern in PIPELINES:
        for path in sorted(project.glob(pattern)):
            text = path.read_text(errors="replace")
            for number, name in stored_credentials(text):
                yield f"{path.relative_to(project)}:{number}: {name} is stored in the CI"


def stored_credentials(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of each credential of a manager that a pipeline's file takes from storage."""
    lines = [
        "" if line.lstrip().startswith("#") else line.split(" #")[0] for line in text.splitlines()
    ]
    made = {name.upper() for line in lines for name in MADE.findall(line)}
    for number, line in enumerate(lines, 1):
        yield from ((number, name) for name in STORED.findall(line))
        yield from ((number, name) for name in USED.findall(line) if name.upper() not in made)
        if LITERAL.search(line):
            yield number, "a token itself"


def _bootstrap(env: Environment) -> Iterator[str]:
    path = bootstrap_of(env)
    try:
        found = path.lstat()
    except FileNotFoundError:
        if _needed(env):
            yield f"{path}: the bootstrap credential is not there"
        return
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISREG(found.st_mode):
        yield f"{path}: the bootstrap credential is no file of its own"
    elif mode != 0o400:
        yield f"{path}: the bootstrap credential has the mode {mode:04o}, not 0400"
    elif found.st_uid != env.folder.stat().st_uid:
        yield f"{path}: the bootstrap credential belongs to another user than the environment"


def _needed(env: Environment) -> bool:
    secrets = env.spec.secrets
    by_file = secrets.manager is ManagerKind.VAULT and secrets.login is not Login.JWT
    return secrets.embedded or by_file


def _there(path: Path) -> bool:
    """Whether a file is there; one in a home that is closed to us cannot be told."""
    try:
        return path.is_file()
    except PermissionError:
        return False

"""Releases: numbered, immutable folders that the app runs from.

A release is a clean git export (or the working tree, where asked), with the declared build
commands run in it. Its identity is the source's tree and the build commands; while that is the
same, the same release is used.
"""

import errno
import hashlib
import json
import os
import pwd
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from uz.errors import MachineError, ProgramError, UnhealthyError
from uz.shell import checked, run
from uz.spec import Spec
from uz.spec.values import duration_text, words
from uz.stack import Owner
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.scripts import LOCALE, PATH
from uz.targets.local.users import User, as_user, isolated, user_of

PASSED_ON = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
             "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_")  # fmt: skip
"""Settings of package managers and proxies that a build may see."""
GIT_TIMEOUT = 300.0
LEFT_OUT = (".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache",
            ".pytest_cache", ".state")  # fmt: skip
"""What a working-tree release leaves behind where git does not say what belongs to it."""


@dataclass(frozen=True)
class Release:
    """A finished release: its number, where it came from, and the digest of its inputs."""

    number: str
    source: str
    digest: str
    built_at: str


def all_releases(layout: Layout) -> tuple[Release, ...]:
    """Finished releases, oldest first; a half-made one has no record and does not count."""
    found = []
    for path in sorted(layout.releases.glob("[0-9]*.json")):
        try:
            release = Release(**json.loads(path.read_text()))
            if release.number != path.stem:
                raise ValueError(f"it is called {release.number!r} inside")
            found.append(release)
        except (ValueError, TypeError) as error:
            raise MachineError(
                f"{path}: damaged ({error})",
                hint="Remove this one file and run `uz up`: the release is made again.",
            ) from error
    return tuple(found)


def ensure_release(layout: Layout, spec: Spec, project: Path) -> tuple[Release, bool]:
    """Return the release of the project's current source, and whether it had to be made.

    Raises ProgramError where the source cannot be exported, UnhealthyError where a build fails.
    """
    with disk_errors(project):
        tree, source = _identity(spec, project, layout.home)
    build = json.dumps([tree, spec.app.build])
    digest = hashlib.sha256(build.encode()).hexdigest()
    for release in reversed(all_releases(layout)):
        if release.digest == digest and (layout.releases / release.number).is_dir():
            return release, False
    return _made(layout, spec, project, source, digest), True


def uncommitted(spec: Spec, project: Path) -> bool:
    """Whether the project has changes that a release from git does not hold."""
    if spec.app.source != "git":
        return False
    return bool(_git(project, "status", "--porcelain", "--", ".").strip())


def _git(project: Path, *words_: str, out_to: IO[bytes] | None = None) -> str:
    """Run git with the rights of the repository's owner, whose settings may name programs."""
    top = _top(project)
    owner = (top / ".git").lstat()
    environment = dict(os.environ)
    rights: list[str] = []
    if isolated() and owner.st_uid:
        name, own_home = _known_as(owner.st_uid)
        rights = as_user(User(name, owner.st_uid, owner.st_gid))
        environment["HOME"] = own_home
    done = run(
        [*rights, "git", "-c", f"safe.directory={top}", "-C", project, *words_],
        timeout=GIT_TIMEOUT,
        environment=environment,
        out_to=out_to,
    )
    if not done.ok:
        raise ProgramError(f"git {words_[0]} failed ({done.code}):\n{done.tail()}")
    return done.stdout


def _known_as(uid: int) -> tuple[str, str]:
    """Name and home of a user, as far as this machine knows the number."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return "", "/nonexistent"
    return entry.pw_name, entry.pw_dir


def _top(project: Path) -> Path:
    for place in (project, *project.parents):
        if (place / ".git").exists():
            return place
    raise ProgramError(
        f"{project}: not in a git repository, so there is no commit to release",
        hint='Run `git init` and commit, or set app.source = "working-tree".',
    )


def _identity(spec: Spec, project: Path, home: Path) -> tuple[str, str]:
    """Digest of the source, and how to name it to people."""
    if spec.app.source == "git":
        try:
            prefix = _git(project, "rev-parse", "--show-prefix").strip().rstrip("/")
            tree = _git(project, "rev-parse", f"HEAD:{prefix}").strip()
            return tree, f"commit {_git(project, 'rev-parse', '--short', 'HEAD').strip()}"
        except ProgramError as error:
            if error.hint:
                raise
            raise ProgramError(
                f"{project}: git has no commit of this folder ({str(error).splitlines()[-1]})",
                hint='Commit it first, or set app.source = "working-tree".',
            ) from error
    digest = hashlib.sha256()
    for path in _working_files(project, home):
        found = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()  # noqa: PTH115
        name = str(path.relative_to(project))
        digest.update(f"{name}\0{found.st_mode:o}\0{len(content)}\0".encode() + content)
    return digest.hexdigest(), "working tree"


def _working_files(project: Path, home: Path) -> list[Path]:
    """Files and links; no pipes and sockets, nothing git ignores, and nothing of Uz's own."""
    found = []
    without = {home, *_ignored(project)}
    for place, folders, names in os.walk(project):
        here = Path(place)
        folders[:] = sorted(n for n in folders if n not in LEFT_OUT and here / n not in without)
        found += [here / name for name in sorted([*names, *folders])]
    kinds = {stat.S_IFREG, stat.S_IFLNK}
    return [
        path for path in found if path not in without and stat.S_IFMT(path.lstat().st_mode) in kinds
    ]


def _ignored(project: Path) -> list[Path]:
    """What git leaves alone, such as a `.env`; nothing where there is no git repository."""
    options = ("-z", "--others", "--ignored", "--exclude-standard", "--directory")
    try:
        names = _git(project, "ls-files", *options, "--", ".").split("\0")
    except ProgramError:
        return []
    return [project / name for name in names if name]


def _made(layout: Layout, spec: Spec, project: Path, source: str, digest: str) -> Release:
    app = user_of(Owner.APP)
    numbers = [int(p.name) for p in layout.releases.iterdir() if p.name.isdigit()]
    number = f"{max(numbers, default=0) + 1:04d}"
    place = layout.releases / number
    with disk_errors(place):
        folder(place, 0o700)
        try:
            with _full_disk_told(place):
                _export(spec, project, place, layout.home)
            _owned_by(place, app.uid, app.gid)
            _build(layout, spec, place)
            _sealed(place, 0 if isolated() else -1)
        except BaseException:
            _removed(place)
            raise
    release = Release(number, source, digest, datetime.now(UTC).isoformat(timespec="seconds"))
    write(layout.releases / f"{number}.json", json.dumps(asdict(release), indent=1))
    return release


@contextmanager
def _full_disk_told(place: Path) -> Iterator[None]:
    """Tell a full disk in the same words whoever meets it, Uz or a program that it runs."""
    try:
        yield
    except ProgramError as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, str(error), str(place)) from error
        raise


def _export(spec: Spec, project: Path, place: Path, home: Path) -> None:
    if spec.app.source == "git":
        prefix = _git(project, "rev-parse", "--show-prefix").strip().rstrip("/")
        archive = place / ".export.tar"
        with archive.open("wb") as file:
            _git(_top(project), "archive", "--format=tar", f"HEAD:{prefix}", out_to=file)
        checked(["tar", "-xf", archive, "-C", place, "--no-same-owner"], timeout=300)
        archive.unlink()
        return
    for path in _working_files(project, home):
        target = place / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)


def _owned_by(place: Path, uid: int, gid: int) -> None:
    if not isolated():
        return
    for path in (place, *place.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


def _build(layout: Layout, spec: Spec, place: Path) -> None:
    """Run the build commands with the app's rights; what they print goes to a log of its own."""
    deadline = time.monotonic() + spec.app.build_timeout.total_seconds()
    limit = duration_text(spec.app.build_timeout)
    environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    environment |= {
        "PATH": f"{place}/.venv/bin:{place}/node_modules/.bin:{PATH}",
        "HOME": str(layout.data / "app"),
        "LANG": LOCALE,
    }
    path = layout.logs / f"build-{place.name}.log"
    with path.open("w") as log:
        for command in spec.app.build:
            log.write(f"$ {command}\n")
            log.flush()
            try:
                done = run(
                    [*_as_app(), *words(command)],
                    timeout=max(1.0, deadline - time.monotonic()),
                    cwd=place,
                    environment=environment,
                    log_to=log,
                )
            except ProgramError as error:
                late = time.monotonic() >= deadline
                why = f"not done within app.build_timeout = {limit}" if late else str(error)
                raise _build_failed(spec, command, path, why) from error
            if not done.ok:
                raise _build_failed(spec, command, path, f"exit code {done.code}")


def _as_app() -> list[str]:
    app = user_of(Owner.APP)
    return as_user(app) if app.name else []


def _build_failed(spec: Spec, command: str, log: Path, why: str) -> UnhealthyError:
    last = "\n".join(f"    {line}" for line in log.read_text().splitlines()[-8:])
    place = spec.app.build.index(command) + 1
    return UnhealthyError(
        f"app.build, command {place} failed ({why}): {command}\n{last}",
        hint=f"All of its output is in {log}. What ran before goes on.",
    )


def _sealed(place: Path, owner: int) -> None:
    """Take all write permission away; the app may read and run what is there.

    What the build started may still run and exchange files for links: so nothing is done by path.
    """
    app = user_of(Owner.APP)
    for _, folders, names, here in os.fwalk(place, topdown=False):
        for name in (*names, *folders):
            _seal(name, here, app, owner)
    _seal(str(place), None, app, owner)


def _seal(name: str, here: int | None, app: User, owner: int) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        one = os.open(name, flags, dir_fd=here)
    except PermissionError:  # it is the user's own: root may open anything
        os.chmod(name, 0o700, dir_fd=here)
        one = os.open(name, flags, dir_fd=here)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            return
        raise
    try:
        found = os.fstat(one)
        if owner >= 0 and found.st_uid != app.uid:
            raise MachineError(
                f"{name}: in the release, and not the app's own",
                hint="What does app.build put there? A link to somebody else's file is refused.",
            )
        mode = stat.S_IMODE(found.st_mode)
        runs = stat.S_ISDIR(found.st_mode) or mode & 0o100
        if owner >= 0:
            os.fchown(one, owner, app.gid)
        os.fchmod(one, (mode | 0o440 | (0o110 if runs else 0)) & ~0o7227)
    finally:
        os.close(one)


def _removed(place: Path) -> None:
    """Delete a release folder, sealed or half-made."""
    unsealed(place)
    shutil.rmtree(place)


def unsealed(place: Path) -> None:
    """Make the folders below writable again for their owner, so that they can be deleted."""
    if isolated() or not place.is_dir():  # root needs no permission
        return
    place.chmod(0o700)
    for path in place.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


def prune(layout: Layout, keep: int, in_use: set[str]) -> tuple[str, ...]:
    """Delete half-made releases and all but the newest; return the deleted numbers."""
    finished = [release.number for release in all_releases(layout)]
    kept = {*finished[-keep:], *in_use}
    gone = []
    for path in sorted(layout.releases.iterdir()):
        if path.is_dir() and path.name.isdigit() and path.name not in kept:
            (layout.releases / f"{path.name}.json").unlink(missing_ok=True)
            _removed(path)
            gone.append(path.name)
    return tuple(gone)

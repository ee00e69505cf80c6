"""The experiments that look for known values, place by place."""

from collections.abc import Iterator
from pathlib import Path

from uz.checklist.secrecy.judging import judged
from uz.checklist.secrecy.known import known
from uz.checklist.secrecy.older import divided, outdated, superseded
from uz.checklist.secrecy.readers import named_readers
from uz.checklist.secrecy.rights import as_owner
from uz.checklist.secrecy.searching import search
from uz.checklist.secrecy.unreadable import without_older
from uz.environment import Environment
from uz.errors import MachineError
from uz.scanning import places
from uz.scanning.baseline import FILE, load_baseline
from uz.scanning.files import File, Link, walk
from uz.scanning.finding import Gap
from uz.scanning.git import repositories
from uz.scanning.look import Source
from uz.targets.local.memory import memory_backed
from uz.verdict import Verdict, inapplicable, unknown

APART = frozenset({"data", "releases"})
"""Parts of an environment's folder that have a search of their own."""
KIT = ".recovery-kit.json"


def work_tree(env: Environment) -> Verdict:
    """Look at every file of the project, those that git ignores too."""
    if not env.project.is_absolute() or not env.project.is_dir():
        return unknown(f"{env.project}: the project is not there")
    return judged(env, "work tree", search(known(env), places.work_tree(env.project)))


def history(env: Environment) -> Verdict:
    """Look at every object of the project's repositories, whatever leads to it."""
    if not any(repositories(env.project, as_owner)):
        return inapplicable("the project is in no git repository, and has no history")
    things = places.git_objects(env.project, as_owner)
    yours = divided(superseded(env), load_baseline(env.project / FILE))
    closed = {**outdated(env), **yours.accepted}
    return judged(env, "history", search({**known(env), **yours.open}, things, closed=closed))


def files(env: Environment) -> Verdict:
    """Look at configuration, logs, state and evidence, and at what lies beside the folder."""
    done = search(known(env), _files(env))
    return judged(env, "environment's files", done, _problems(env))


def releases(env: Environment) -> Verdict:
    """Look at the releases that are kept, and at those that run from elsewhere."""
    return judged(env, "releases", search(known(env), _releases(env)))


def data(env: Environment) -> Verdict:
    """Look at the files of PostgreSQL, Redis, OpenBao, the edge and the app itself."""
    return judged(env, "data", search(known(env), places.folder(env.folder / "data", "data")))


def processes(env: Environment) -> Verdict:
    """Look at arguments and variables of every process of the machine."""
    things = without_older(env, places.processes())
    return judged(env, "processes", search(known(env), things, named_readers(env)))


def _releases(env: Environment) -> Iterator[Source | Gap]:
    """A rehearsal runs the release of the environment that it was made from."""
    own = env.folder / "releases"
    run = {link.resolve() for link in (env.folder / "active").glob("*") if link.is_symlink()}
    found = [*walk(own, own.name)]
    for elsewhere in sorted(path for path in run if not path.is_relative_to(own.resolve())):
        found += walk(elsewhere, str(elsewhere))
    yield from found or [Gap("releases", "there is none to look at")]


def _files(env: Environment) -> Iterator[Source | Gap]:
    for path in sorted(env.folder.iterdir()):
        if path.name in APART:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from walk(path, path.name)
        else:
            yield _file(path, path.name)
    for path in _beside(env):
        yield _file(path, str(path))


def _file(path: Path, name: str) -> Source:
    return Link(path, name) if path.is_symlink() else File(path, name)


def _beside(env: Environment) -> list[Path]:
    """What of the environment lies beside its folder, but for the one credential that may, and the
    kit, of which is told apart."""
    app = env.folder.parent
    found = [*app.glob(f"{env.name}.*"), app / "audit.jsonl"]
    may = {app / f"{env.name}.bootstrap", app / f"{env.name}{KIT}"}
    return sorted(path for path in found if path not in may and path.is_file())


def _problems(env: Environment) -> Iterator[str]:
    kit = env.folder.parent / f"{env.name}{KIT}"
    if kit.exists():
        yield (
            f"{kit}: the recovery kit can be read: take it off this machine"
            " (`uz secrets kit --remove`)"
        )
    delivered = env.folder / "credentials"
    if delivered.exists():
        try:
            memory_backed(Path("/proc/self/mountinfo").read_text(), (delivered.resolve(),))
        except MachineError:
            yield f"{delivered.resolve()}: credentials are delivered to a disk, not to memory"

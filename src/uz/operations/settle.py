"""What a killed switchover or failover left half done: it is finished, and queries flow again.

The file `primary` is the decision: it is written before a standby is promoted, when the server that
led before is down. So what it says is what is to be, whenever a command was killed.
"""

from uz.components.database.leading import PRIMARY
from uz.environment import Environment
from uz.errors import UzError
from uz.operations.place import Place
from uz.operations.promote import Progress, follow, pooled, promote, resume
from uz.psql import leads, nodes, primaries
from uz.targets.local.backups.swapping import finish, mark
from uz.targets.local.environment import LocalEnvironment
from uz.waiting import met

STOPPING = 120.0
"""Seconds that a server may go on stopping after the command that stopped it was killed."""


def database_that_is_up(place: Place) -> LocalEnvironment:
    """The environment of a place that has a database. Raises UzError where none, or it is down."""
    if place.spec.database is None:
        raise UzError("uz.toml has no [database]", hint="Add the table [database].")
    env = place.environment
    if env.supervisor.pid() is None:
        raise UzError(f"{place.spec.app.name} ({env.name}) is down", hint="`uz up` brings it up.")
    return env


def stopped_by_now(env: LocalEnvironment) -> None:
    """Wait for what a killed command was stopping: until that is over it cannot be started."""

    def over() -> bool:
        return all(one.state != "STOPPING" for one in env.supervisor.processes().values())

    met(over, STOPPING)


def settled_before(place: Place, progress: Progress) -> None:
    """Settle what is left of commands that were killed, before `uz up`; nothing where it is down.

    Raises UzError.
    """
    env = place.environment
    if env.supervisor.pid() is None:
        return
    stopped_by_now(env)
    if mark(place.layout).exists():
        _none_runs(place)  # `uz up` finishes what a killed restore began, before it starts any
    elif place.spec.database is not None:
        settle(env, progress)


def refuse_half_restored(place: Place, progress: Progress) -> None:
    """Finish a restore that was killed while it took the database's place. The caller holds the
    environment.

    Raises UzError where there was one: of the servers there were, none is what it was.
    """
    if not mark(place.layout).exists():
        return
    _none_runs(place)
    finish(place.layout, place.spec, place.stack)
    progress("database", "an interrupted restore is finished: what was restored has its place")
    raise UzError(
        "a restore had been interrupted while it put the database back: that is finished now, and"
        " the database is down",
        hint="`uz up` brings it up, and makes the standbys anew; then try again. `uz restore"
        " --undo` takes the restore back.",
    )


def _none_runs(place: Place) -> None:
    """Stop the database's servers that somebody started meanwhile."""
    supervisor = place.environment.supervisor
    running = {name for name, one in supervisor.processes().items() if one.running}
    for node in sorted(running & set(nodes(place.environment))):
        supervisor.stop(node)


def recorded(env: Environment) -> str:
    """The server that is to lead, as it is kept beside the data; nothing where that is unknown."""
    done = env.run("cat", f"{env.folder}/data/database/{PRIMARY}")
    words = done.stdout.split()
    return words[0] if done.ok and words and words[0] in nodes(env) else ""


def settle(env: Environment, progress: Progress, *, start: bool = True) -> str:
    """Finish what was left half done; return the server that took over, where one did.

    `start`: whether a primary that is down may be started, so that held queries find it.
    Does nothing where all is as it should be, or nothing runs. Raises UzError.
    """
    leader = recorded(env)
    if not leader:
        return ""
    serves = leads(env, leader)
    finished = ""
    if serves is False and not primaries(env):
        promote(env, leader)
        progress(leader, "is the primary: an interrupted command is finished")
        finished, serves = leader, True
    pool = pooled(env)
    misled = pool is not None and pool.port != str(env.address(leader).port)
    if serves is None and start and pool and (pool.paused or misled):
        env.start(leader)
        progress(leader, "started: an interrupted command had stopped it")
        serves = True
    held = pool is not None and pool.paused
    if serves and (finished or misled):
        env.lead(leader)  # of its files, the one for the pooler may not have been written
        finished = leader
    if serves and (finished or held):
        follow(env, leader)  # not all standbys may have been told
    if serves and held:
        resume(env)
        progress("pgbouncer", "queries flow again: an interrupted command had held them")
    return finished

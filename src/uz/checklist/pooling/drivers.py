"""The app's own driver, tried through PgBouncer as it comes and in its safe setting."""

from dataclasses import dataclass

from uz.checklist.pooling.clients import database_of, pgbench, url_file
from uz.checklist.pooling.pooler import renew
from uz.checklist.pooling.programs import FIND_NODE, FIND_PYTHON, TRY_NODE, TRY_PYTHON
from uz.checklist.pooling.statements import own_doing
from uz.environment import Environment
from uz.stack import Owner, Role
from uz.verdict import Figure, Verdict, proven, refuted

SAFE = {
    "psycopg": "prepare_threshold=None",
    "asyncpg": "statement_cache_size=0",
    "postgres": "prepare: false",
    "libpq": "no named statements",
}
"""The setting in which a driver prepares nothing under a name. Others never do."""
STAND_IN = "libpq"
"""Where the release has no driver that Uz knows, PostgreSQL's own library is tried, by pgbench."""
LOOK = 30.0
TRY = 60.0
"""Seconds."""

IN_RELEASE = """\
export HOME="$PWD/data/app"
cd "active/$1" || exit 66
program=$2 language=$3
shift 3
if [ "$language" = node ]; then
    [ -d node_modules ] || exit 0
    exec node -e "$program" "$@"
elif [ -x .venv/bin/python ]; then
    exec .venv/bin/python -c "$program" "$@"
elif [ "$language" = python ]; then
    exec python3 -c "$program" "$@"
fi
"""
"""Runs a program by the language of the release; nothing where it is not of this language."""


@dataclass(frozen=True)
class Driver:
    """A driver in the app's release. `language` is node, python, or venv where only that counts."""

    name: str
    version: str
    language: str

    @property
    def called(self) -> str:
        """Its name, as in a sentence."""
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True)
class Outcome:
    """What came of a driver: why it failed as it comes, and in its safe setting, or nothing."""

    driver: Driver
    default: str
    safe: str = ""

    @property
    def works(self) -> bool:
        """Whether there is a setting in which it works."""
        return not self.default or not self.safe

    @property
    def said(self) -> str:
        """What to know about one that does not work as it comes."""
        name = self.driver.called
        if not self.works:
            return f"{name} does not work through PgBouncer in any setting: {self.safe}"
        return (
            f"{name} works through PgBouncer with {SAFE[self.driver.name]}, not as it comes"
            f" ({self.default}): DATABASE_PREPARED_STATEMENTS tells the app"
        )


def driver(env: Environment) -> Verdict:
    """Use the app's driver as the app would, and leave nothing prepared behind."""
    known = found(env)
    with own_doing(env):
        try:
            outcomes = [tried(env, one) for one in known or [Driver(STAND_IN, "", "")]]
        finally:
            renew(env)
    return driver_verdict(outcomes, told=told(env))


def driver_verdict(outcomes: list[Outcome], *, told: str) -> Verdict:
    """Each driver needs a setting that works, and the app has to be told which."""
    figures: dict[str, Figure] = {
        f"driver_{one.driver.name}": "any setting" if not one.default
        else SAFE[one.driver.name] if one.works else "none"
        for one in outcomes
    }  # fmt: skip
    figures["prepared_statements"] = told
    said = "; ".join([*(one.said for one in outcomes if one.default), *_as_they_come(outcomes)])
    if outcomes[0].driver.name == STAND_IN:
        said = f"the release has no driver that Uz knows; {said}"
    if not all(one.works for one in outcomes):
        return refuted(said, **figures)
    if told == "on" and any(one.default for one in outcomes):
        return refuted(f"{said} that they work", **figures)
    return proven(said, domains=(), **figures)


def _as_they_come(outcomes: list[Outcome]) -> list[str]:
    names = [one.driver.called for one in outcomes if not one.default]
    several = len(names) > 1
    way = (
        "work through PgBouncer as they come" if several else "works through PgBouncer as it comes"
    )
    return [f"{', '.join(names)} {way}"] if names else []


def told(env: Environment) -> str:
    """What the app's variable says about prepared statements."""
    service = env.stack.service(env.instances(Role.WEB)[0])
    return service.environment.get("DATABASE_PREPARED_STATEMENTS", "")


def found(env: Environment) -> list[Driver]:
    """The drivers in the app's active release that Uz knows."""
    words = env.stack.service(env.instances(Role.WEB)[0]).command
    language = "python" if words[0].startswith("python") else "venv"
    lists = ((language, FIND_PYTHON), ("node", FIND_NODE))
    drivers = []
    for kind, program in lists:
        well, said = in_release(env, program, kind, within=LOOK)
        pairs = [line.split() for line in said.splitlines()] if well else []
        drivers += [Driver(name, version, kind) for name, version in pairs]
    return drivers


def in_release(
    env: Environment, program: str, language: str, *arguments: str, within: float
) -> tuple[bool, str]:
    """Run a program where the app runs and with its rights: whether it ended well, what it said."""
    instance = env.instances(Role.WEB)[0]
    words = ("sh", "-c", IN_RELEASE, "release", instance, program, language, *arguments)
    done = env.run(*words, timeout=within, owner=Owner.APP)
    return done.ok, done.stdout if done.ok else done.tail(1)


def tried(env: Environment, one: Driver) -> Outcome:
    """Use a driver as it comes, and where that fails in its safe setting."""
    default = problem(env, one, "default")
    if not default:
        return Outcome(one, "")
    return Outcome(one, default, problem(env, one, "safe") if one.name in SAFE else default)


def problem(env: Environment, one: Driver, setting: str) -> str:
    """Why a driver fails in a setting; nothing where it works."""
    if one.name == STAND_IN:
        return _stand_in(env, setting)
    program = TRY_NODE if one.language == "node" else TRY_PYTHON
    several = "yes" if database_of(env).pool > 1 else "no"
    words = (one.name, setting, url_file(env), several)
    well, said = in_release(env, program, one.language, *words, within=TRY)
    return "" if well else said or "it failed and said nothing"


def _stand_in(env: Environment, setting: str) -> str:
    """More clients than the pool has connections: so that they share what they prepare."""
    mode = "extended" if setting == "safe" else "prepared"
    script, clients = "BEGIN;\nSELECT 1;\nCOMMIT;", database_of(env).pool + 4
    load = pgbench(env, script, "-M", mode, "-t", "20", clients=clients, within=TRY)
    return load.problem

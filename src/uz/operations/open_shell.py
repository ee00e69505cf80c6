"""The shells of the data stores."""

from uz import trail
from uz.errors import UzError
from uz.operations.place import Place
from uz.operations.settle import database_that_is_up
from uz.psql import primary
from uz.shell import attached


def database_shell(place: Place) -> int:
    """Open psql as the superuser on the primary, by the private socket; kept in the audit trail.

    Raises UzError where there is no database, or no primary answers.
    """
    env = database_that_is_up(place)
    address = env.address(primary(env))
    trail.record(place.layout.trail, env.name, "uz shell database", "opened")
    socket = str(env.folder / "run" / "database")
    return attached(["psql", "-h", socket, "-p", str(address.port), "-U", "postgres", "-d", "app"])


def redis_shell(place: Place) -> int:
    """Open redis-cli as the administrator; that it was opened is kept in the audit trail.

    Raises UzError where there is no Redis, or it does not run.
    """
    env = place.environment
    if place.spec.redis is None:
        raise UzError("uz.toml has no [redis]", hint='Add [redis] with purpose = "cache".')
    if not any(one.name == "redis" and one.healthy for one in env.status()):
        raise UzError("Redis is not healthy", hint="`uz status` says more, `uz up` starts it.")
    address, password = env.address("redis"), env.secret("redis/admin").reveal().decode()
    trail.record(place.layout.trail, env.name, "uz shell redis", "opened")
    words = ["redis-cli", "-h", address.host, "-p", str(address.port), "--user", "admin"]
    return attached([*words, "--no-auth-warning"], {"REDISCLI_AUTH": password})

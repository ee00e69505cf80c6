"""The shells of the data stores."""

from uz import trail
from uz.errors import UzError
from uz.operations.place import Place
from uz.shell import attached


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

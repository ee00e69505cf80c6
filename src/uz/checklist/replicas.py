"""What a copy is worth as evidence: that depends on what is lost together with it."""

from uz.environment import Environment
from uz.spec import Kind, Spec
from uz.verdict import Domain, Figure, Verdict, declared, proven


def counted(replicas: int) -> str:
    """How many there are, in words."""
    return f"{replicas} replica{'s' * (replicas > 1)}"


def copied(env: Environment, said: str, **figures: Figure) -> Verdict:
    """Proven; but a replica that is lost with the primary is not enough for production."""
    domains = env.failure_domains()
    if env.stands_for is Kind.PRODUCTION and Domain.MACHINE not in domains:
        return declared(f"{said}, but it is lost with the same machine and disk", **figures)
    return proven(said, domains=domains, **figures)


def no_database_replica(spec: Spec) -> str:
    """Why a control that needs a replica of the database cannot be done; empty where it can."""
    return "" if spec.database and spec.database.replicas else "database.replicas is 0"


def no_redis_replica(spec: Spec) -> str:
    """Why one that needs a replica of Redis cannot be done; empty where it can."""
    return "" if spec.redis and spec.redis.replicas else "redis.replicas is 0"

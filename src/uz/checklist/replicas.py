"""What a copy is worth as evidence: that depends on what is lost together with it."""

from uz.environment import Environment
from uz.spec import Kind
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

"""Which stacks a control about secrets can be done to."""

from uz.spec import ManagerKind, Spec


def no_manager(spec: Spec) -> str:
    """Why a control that needs a secrets manager cannot be done; empty where it can."""
    in_a_file = spec.secrets.manager is ManagerKind.FILE
    return "the secrets lie in a file (secrets.manager)" if in_a_file else ""


def no_openbao(spec: Spec) -> str:
    """Why a control that needs an OpenBao of Uz's own cannot be done; empty where it can."""
    return "" if spec.secrets.embedded else "the secrets manager is not run by Uz"

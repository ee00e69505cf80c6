"""All values that nobody may find: those of the manager, and what opens the manager itself."""

from collections.abc import Mapping

from uz.checklist.fetching.files import bootstrap_of
from uz.environment import Environment
from uz.secret import Secret
from uz.spec import ManagerKind
from uz.targets.local.bootstrap import read_bootstrap


def known(env: Environment) -> Mapping[str, Secret]:
    """The values by what they are called. Raises SecretError, and MachineError for a credential
    that lies open."""
    return {**env.sensitive(), **_opening(env)}


def _opening(env: Environment) -> Mapping[str, Secret]:
    """The bootstrap credential, and what is made from it."""
    if env.spec.secrets.manager is ManagerKind.FILE:
        return {}
    found = read_bootstrap(bootstrap_of(env))
    if found is None:
        return {}
    own = {"the bootstrap credential": found.secret}
    if not env.spec.secrets.embedded:
        return own
    return own | {
        "the seal key of OpenBao": found.seal_key,
        "the operator's login": found.operator,
        "the key of OpenBao's CA": found.authority_key,
    }

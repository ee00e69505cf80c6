"""What a rehearsal needs of the secrets of the environment that it rehearses."""

from uz.managers import ManagedSecrets
from uz.spec.reference import parse_reference
from uz.stack import Stack
from uz.targets.local.embedded import as_operator
from uz.targets.local.keeping import own_bootstrap
from uz.targets.local.one_run import Origin


def copy_references(stack: Stack, source: ManagedSecrets, origin: Origin) -> None:
    """Copy what `uz.toml` refers to from the OpenBao of the origin into the rehearsal's own.

    What Uz makes up is made anew, so that nothing of the origin's opens the rehearsal. What is not
    there is left out: whoever resolves the references lists it. Raises SecretError.
    """
    references = map(parse_reference, stack.references())
    wanted = {one.path for one in references if one.scheme == "vault"}
    if not wanted:
        return
    theirs = as_operator(origin.layout, origin.spec, own_bootstrap(origin.layout, origin.spec))
    for path in sorted(wanted):
        kept = theirs.manager.read(path)
        if kept is not None:
            source.manager.write(path, kept.fields)

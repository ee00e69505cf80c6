"""Bringing the environment's own OpenBao up, before anything that needs a secret."""

from pathlib import Path

from uz.components.openbao import NAME
from uz.secret import FileSecrets
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.bringing import bring
from uz.targets.local.config import write_config
from uz.targets.local.furnish import emptied, furnished
from uz.targets.local.memory import deliver_to
from uz.targets.local.one_run import Run, note
from uz.targets.local.openbao_tls import opening
from uz.targets.local.render import render
from uz.targets.local.starting import start_service
from uz.targets.local.supervise import Supervisor


def bring_openbao(run: Run, supervisor: Supervisor, bootstrap: Bootstrap) -> None:
    """Start OpenBao where it does not run as it should, and initialise a new one.

    The other services' files are left alone while they run. Raises UzError.
    """
    service = run.stack.service(NAME)
    nothing = FileSecrets(run.layout.secrets)
    given = opening(run.layout, bootstrap)
    run.credentials[NAME] = deliver_to(run.layout, service, nothing, given, bootstrap.digest_key)
    run.files = dict(render(run.spec, run.stack, run.machine))
    if NAME not in supervisor.processes() or _changed(run):
        write_config(run.layout, run.files)
        supervisor.ensure()
        run.changed, _ = supervisor.reload()
    bring(run, supervisor, service, "", Path())

    def again() -> None:
        supervisor.stop(NAME)
        emptied(run.layout)
        start_service(run.layout, supervisor, service)

    if furnished(run.layout, run.spec, bootstrap, again):
        note(run, "initialised", NAME, "initialised")


def _changed(run: Run) -> bool:
    """Whether what OpenBao reads is not as it is rendered now."""
    own = {f"services/{NAME}", "launch", *run.stack.files_of(run.stack.service(NAME))}
    for path in own:
        file = run.layout.config / path
        if not file.is_file() or file.read_text() != run.files[path]:
            return True
    return False

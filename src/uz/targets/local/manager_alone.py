"""OpenBao alone, for commands that need secrets while the rest of the environment is down."""

from pathlib import Path

from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Stack
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Progress, Run
from uz.targets.local.openbao_up import bring_openbao
from uz.targets.local.secrets_first import local_bootstrap
from uz.targets.local.starts import begun
from uz.targets.local.supervise import Supervisor


def start_openbao(
    layout: Layout, spec: Spec, stack: Stack, machine: Machine, project: Path, *, progress: Progress
) -> None:
    """Start the environment's OpenBao where it is down, and nothing else. Raises UzError."""

    def told(name: str, what: str) -> None:
        if what != "unchanged":
            progress(name, what)

    run: Run = begun(layout, spec, stack, machine, project, told)
    bootstrap = local_bootstrap(layout, spec)
    assert bootstrap is not None
    bring_openbao(run, Supervisor(layout), bootstrap)

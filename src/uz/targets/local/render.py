"""From a Stack to the files of the local target: pure, so the same input gives the same bytes."""

from collections.abc import Mapping

from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Stack
from uz.targets.local.readme import readme
from uz.targets.local.scripts import LAUNCH, service_script
from uz.targets.local.supervisord import supervisord_conf


def render(spec: Spec, stack: Stack, machine: Machine) -> Mapping[str, str]:
    """All files below the configuration folder, by their path."""
    files = dict(stack.files)
    files["supervisord.conf"] = supervisord_conf(spec, stack, isolated=machine.isolated)
    files["launch"] = LAUNCH
    files["README.md"] = readme(spec, stack)
    for service in stack.services:
        files[f"services/{service.name}"] = service_script(service, isolated=machine.isolated)
    return dict(sorted(files.items()))


def files_of(files: Mapping[str, str], stack: Stack, service: str) -> dict[str, str]:
    """Those rendered files that one service depends on."""
    own = {f"services/{service}", "launch", *stack.files_of(stack.service(service))}
    return {path: text for path, text in files.items() if path in own}

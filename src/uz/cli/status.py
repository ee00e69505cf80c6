"""`uz status`."""

import argparse
import json

from uz.cli.screen import Screen, harmless
from uz.environment import ServiceStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz status`."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the services and the items of an environment; exit code 1 when it is not healthy."""
    from uz.operations.backup_notes import backup_notes
    from uz.operations.drill_history import drill_notes
    from uz.operations.drill_place import SUFFIX
    from uz.operations.jobs import job_notes
    from uz.operations.place import place_of
    from uz.operations.rehearse import leftovers
    from uz.report.json_form import status_json
    from uz.report.stored import stored
    from uz.targets.local.state import read_state

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    services = place.environment.status()
    healthy = all(service.healthy for service in services)
    report = stored(place)
    notes = (*backup_notes(place), *drill_notes(place.layout), *job_notes(place.layout))
    if arguments.json:
        form = status_json(
            report,
            services,
            healthy=healthy,
            isolated=place.machine.isolated,
            url=place.spec.url,
            notes=notes,
        )
        screen.line(json.dumps(form, indent=1))
        return 0 if healthy else 1
    health = screen.paint("healthy", "green") if healthy else screen.paint("not healthy", "red")
    screen.line(f"{place.spec.app.name} ({place.spec.environment}): {health}, {place.spec.url}")
    screen.table(
        ("SERVICE", "STATE", "ADDRESS", "RELEASE", "VERSION", "UPTIME", "RESTARTS", "MEMORY"),
        [_row(service) for service in services],
    )
    for note in (_note(service) for service in services):
        if note:
            screen.line(f"  {note}")
    if not place.machine.isolated:
        screen.line("  isolation is off: servers and app run as one user")
    state = read_state(place.layout)
    if state and state.stale_secrets:
        screen.line(
            f"  the secrets are of {state.stale_secrets}, from the sealed copy: the manager did not"
            " answer the last `uz up`"
        )
    for note in notes:
        screen.line(f"  {harmless(note)}")
    for layout in leftovers(place):
        what = "drill" if layout.environment.endswith(SUFFIX) else "rehearsal"
        command = "drill" if what == "drill" else "rehearse"
        screen.line(f"  a {what} was interrupted, `uz {command}` removes it: {layout.root}")
    if place.layout.recovering.root.exists():
        left = place.layout.recovering.root
        screen.line(f"  a recovery was interrupted, or goes on; `uz recover` begins anew: {left}")
    screen.line()
    from uz.cli.showing import show

    show(Screen(quiet=True), report)
    return 0 if healthy else 1


def _row(one: ServiceStatus) -> tuple[str, ...]:
    state = "healthy" if one.healthy else "up, not ready" if one.running else "down"
    state += f", {one.role}" if one.role else ""
    uptime = "" if one.uptime is None else duration(one.uptime)
    memory = "" if one.memory is None else f"{one.memory / 2**20:.0f} MB"
    return (
        one.name,
        state,
        one.address,
        one.release,
        one.version,
        uptime,
        str(one.restarts),
        memory,
    )


def _note(one: ServiceStatus) -> str:
    if not one.healthy:
        return f"{one.name}: {one.detail}; `uz logs {one.name}` says more"
    if one.replaced_on_disk:
        return f"{one.name}: the program on disk was replaced, `uz up` starts the new one"
    return ""


def duration(seconds: float) -> str:
    """A time span as people say it, in its two largest units."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left = int(seconds)
    parts: list[str] = []
    for name, length in units:
        if left >= length or (name == "s" and not parts):
            parts.append(f"{left // length} {name}")
            left %= length
    return " ".join(parts[:2])

"""Services that run once, to their end: their script, with a time limit and a log of its own."""

import time
from datetime import UTC, datetime

from uz.errors import ProgramError
from uz.shell import run
from uz.stack import Service
from uz.targets.local.folders import disk_errors, full_disk
from uz.targets.local.layout import Layout
from uz.targets.local.logs import last_lines, printed
from uz.targets.local.memory import opened


def run_once(layout: Layout, service: Service) -> float:
    """Run it in the environment; return how long it took, in seconds.

    Raises ProgramError with the last lines of its log where it fails or takes too long.
    """
    log = layout.logs / f"{service.name}.log"
    begun = time.monotonic()
    with disk_errors(log), log.open("a") as file, opened(layout, service):
        file.write(f"-- {datetime.now(UTC):%FT%TZ}\n")
        file.flush()
        before = printed(layout, service.name)
        try:
            done = run(
                ["/bin/sh", layout.config / "services" / service.name],
                timeout=service.start_timeout,
                cwd=layout.root,
                log_to=file,
            )
        except ProgramError as error:
            raise _failed(layout, service, f"was stopped: {_ended(error)}", before) from error
    if not done.ok:
        raise _failed(layout, service, f"failed with code {done.code}", before)
    return time.monotonic() - begun


def _ended(error: ProgramError) -> str:
    return str(error).rpartition(": ")[2]


def _failed(layout: Layout, service: Service, how: str, before: int) -> ProgramError:
    last = "".join(f"\n    {line}" for line in last_lines(layout, service.name, 12, before))
    what = "The running release goes on. " if service.in_release else ""
    if full := full_disk(layout.root, last):
        what = f"{full} {what}"
    return ProgramError(
        f"{service.name} {how}" + (f", last lines of its log:{last}" if last else ""),
        hint=f"{what}All of the log: {layout.logs / service.name}.log.",
    )

"""`uz up --foreground`, once everything is up: wait for the end in a process that is small.

Run as `python -m uz.targets.local.foreground PIDFILE DOWN-ARGUMENTS…`. Ends with exit code 1 when
supervisord dies, so that a service manager starts everything again; on SIGTERM and SIGINT it
becomes `uz down`. Nothing but the standard library is imported, and little of that.
"""

import os
import signal
import sys
import time


def main() -> int:
    """Wait until told to stop, or until supervisord is gone."""
    pidfile, *down = sys.argv[1:]
    with open(pidfile) as file:  # noqa: PTH123
        pid = int(file.read())
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: told.append(got))
    while not told:
        if ended(pid):
            print("uz: supervisord is gone", file=sys.stderr)  # noqa: T201
            return 1
        time.sleep(1)
    os.execv(sys.executable, [sys.executable, "-m", "uz", *down])  # noqa: S606
    return 0


def ended(pid: int) -> bool:
    """Whether a process has ended, also one whose parent has not taken notice of that."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


if __name__ == "__main__":
    sys.exit(main())

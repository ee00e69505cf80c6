"""The only module that starts programs: argument lists, always a time limit, never a shell."""

import fcntl
import io
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from uz.errors import ProgramError

log = logging.getLogger(__name__)

LONGEST = 14 * 86400
"""Seconds; the kernel's own waits end after 24 days."""
PIPE = 2**20
"""Bytes that a program may be ahead of who reads what it prints: the most that users may have."""


@dataclass(frozen=True)
class Completed:
    """What a program said when it ended."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.code == 0

    def tail(self, lines: int = 12) -> str:
        """The last lines of what it printed, errors first."""
        text = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return "\n".join(text[-lines:])


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
    log_to: IO[str] | None = None,
    out_to: IO[bytes] | None = None,
) -> Completed:
    """Run a program to its end and return what it printed; the exit code is the caller's to judge.

    `log_to` gets all that it prints, `out_to` only its standard output. Its whole process group is
    killed when `timeout` seconds pass.
    Raises ProgramError where it cannot be started or does not end in time.
    """
    words = tuple(str(word) for word in argv)
    log.debug("run %s", words)
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=log_to or out_to or subprocess.PIPE,
            stderr=subprocess.STDOUT if log_to else subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        missing = cwd if cwd and not cwd.is_dir() else words[0]
        raise ProgramError(
            f"{missing}: not found", hint="`uz doctor` lists what is needed."
        ) from error
    except OSError as error:
        raise ProgramError(f"{words[0]}: cannot be started: {error.strerror}") from error
    with _ended(process):
        try:
            out, err = process.communicate(stdin, timeout=min(timeout, LONGEST))
        except subprocess.TimeoutExpired as error:
            raise ProgramError(f"{words[0]}: still running after {timeout:.3g} s") from error
    return Completed(words, process.returncode, out or "", err or "")


@contextmanager
def _ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Leave no process of its group behind where the block fails, and no pipe open."""
    try:
        yield
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()  # unread: who left the group may hold it open for ever


def checked(argv: Sequence[str | Path], *, timeout: float, cwd: Path | None = None) -> str:
    """Run a program that must succeed, and return its standard output.

    Raises ProgramError with its last lines where it does not.
    """
    done = run(argv, timeout=timeout, cwd=cwd)
    if not done.ok:
        raise ProgramError(f"{' '.join(done.argv[:4])} failed ({done.code}):\n{done.tail()}")
    return done.stdout


@contextmanager
def streamed(
    argv: Sequence[str | Path], *, timeout: float, environment: Mapping[str, str] | None = None
) -> Iterator[io.BufferedReader]:
    """Start a program whose output is read while it runs, to its end.

    Raises ProgramError where it cannot be started, fails, or still runs after `timeout` seconds.
    """
    with tempfile.TemporaryFile() as errors:
        process = _piped([str(word) for word in argv], environment, errors)
        late = threading.Event()
        timer = threading.Timer(min(timeout, LONGEST), _kill, [process, late])
        timer.daemon = True
        timer.start()
        assert isinstance(process.stdout, io.BufferedReader)
        try:
            yield process.stdout
            process.stdout.close()
            code = process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                _kill(process)
                process.wait()
            process.stdout.close()
        if code:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()[-3:]
            why = f"still running after {timeout:.3g} s" if late.is_set() else f"failed ({code})"
            raise ProgramError("\n".join([f"{argv[0]}: {why}", *said]))


def _piped(
    words: list[str], environment: Mapping[str, str] | None, errors: IO[bytes]
) -> "subprocess.Popen[bytes]":
    try:
        process = subprocess.Popen(
            words,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramError(f"{words[0]}: cannot be started: {error.strerror}") from error
    with suppress(OSError):  # a user may have used up what the kernel allows
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE)  # type: ignore[arg-type]
    return process


def _kill(process: "subprocess.Popen[bytes]", late: threading.Event | None = None) -> None:
    if late:
        late.set()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def attached(argv: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> int:
    """Run a program on the user's own terminal, without a time limit: the user can stop it."""
    words = [str(word) for word in argv]
    full = {**os.environ, **(environment or {})}
    try:
        return subprocess.run(words, check=False, env=full).returncode
    except OSError as error:
        raise ProgramError(f"{words[0]}: cannot be started: {error.strerror}") from error


def background(argv: Sequence[str | Path]) -> "subprocess.Popen[str]":
    """Start a program that runs beside the caller, who must end it; its output is discarded."""
    return subprocess.Popen(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


class Started:
    """A program that runs beside the caller, in a process group of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """Take over a process that leads its group; what it prints comes through `output`."""
        assert process.stdout is not None
        self._process, self._output = process, process.stdout
        os.set_blocking(self.output, False)

    @property
    def pid(self) -> int:
        """Its process id, which is also the number of its group."""
        return self._process.pid

    @property
    def output(self) -> int:
        """Where what it prints can be read, errors too, without waiting: a descriptor."""
        return self._output.fileno()

    def ended(self) -> int | None:
        """Its exit code, or None while it runs. What is left of its group then is killed."""
        if self._process.returncode is None:
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            if os.waitid(os.P_PID, self.pid, options) is None:
                return None
            self.signal(signal.SIGKILL)  # while it is not taken notice of, the number stays its own
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send a signal to its whole group."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def close(self) -> None:
        """End it if it runs, and read no further."""
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._output.close()


def started(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    keep: Sequence[int] = (),
) -> Started:
    """Start a program that the caller follows, and has to close; `keep` are descriptors it gets.

    It is told to end (SIGTERM) when the caller dies. Raises ProgramError where it cannot start.
    """
    words = ["setpriv", "--pdeathsig", "TERM", "--", *(str(word) for word in argv)]
    log.debug("start %s", words)
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(keep),
        )
    except OSError as error:
        raise ProgramError(f"{words[0]}: cannot be started: {error.strerror}") from error
    return Started(process)


PASSED_ON = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP,
             signal.SIGUSR1, signal.SIGUSR2)  # fmt: skip


def in_place(argv: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run a program in the caller's place: signals go on to it, and its exit code comes back.

    Where a signal ended it, that is 128 and the signal's number, as in shells. What is ignored, as
    under nohup, stays ignored. Raises ProgramError where it cannot be started.
    """
    words = [str(word) for word in argv]
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        if number in {signal.SIGINT, signal.SIGQUIT} and _in_foreground():
            return  # from the keyboard, which the terminal sends to the program as well
        early.append(number)
        while running and early:
            running[0].send_signal(early.pop(0))

    before = {number: signal.getsignal(number) for number in PASSED_ON}
    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for number in handled:
            signal.signal(number, pass_on)
        try:
            running.append(subprocess.Popen(words, env={**os.environ, **environment}))
        except OSError as error:
            raise ProgramError(f"{words[0]}: cannot be started: {error.strerror}") from error
        while early:
            running[0].send_signal(early.pop(0))
        code = running[0].wait()
    finally:
        for number in handled:
            signal.signal(number, before[number])
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    """Whether what is typed at a terminal is for this process and those it started."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)

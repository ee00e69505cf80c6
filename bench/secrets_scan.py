"""The search for known values, against `git cat-file` and `grep -F -f` on the same data.

A repository with 10,000 commits and a gigabyte of logs are made from random numbers with a fixed
seed; BENCH_LOG_MEGABYTES makes the logs smaller. In both, a hundred values are planted in each of
their forms, and all of them have to be found. Ten packages as their authors published them have to
have none.
"""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from bench.figures import Figure, in_turns, main, tell

from uz.scanning.engine import Searcher
from uz.scanning.finding import Looked
from uz.scanning.forms import forms
from uz.scanning.look import look
from uz.scanning.places import Things, folder, git_objects
from uz.secret import Secret
from uz.shell import checked, run

COMMITS = 10_000
FILES = 200
VALUES = 200
PLANTED = 100
LOG_MEGABYTES = int(os.environ.get("BENCH_LOG_MEGABYTES", "1024"))
OF_GIT, OF_GREP = 0.5, 0.2
"""The least part of their throughput that is taken."""
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PACKAGES = (
    "blinker==1.9.0", "certifi==2025.4.26", "click==8.1.8", "flask==3.1.0", "idna==3.10",
    "itsdangerous==2.2.0", "jinja2==3.1.6", "packaging==24.2", "pyparsing==3.2.3", "six==1.17.0",
)  # fmt: skip
BUILDERS = ("flit_core<4", "setuptools", "wheel")
"""What these are built by: pip asks them for a package's name even when it only downloads."""


def measure() -> list[Figure]:
    """Make the data, measure both pairs, and count what was missed and what was found wrongly."""
    random = Random(4)
    values = {f"secret-{number}": _value(random, number) for number in range(VALUES)}
    scratch = Path(tempfile.mkdtemp(prefix="uz-bench-"))
    try:
        tell("secrets scan: making a repository and logs")
        planted = [
            form for value in list(values.values())[:PLANTED] for form in forms(value).items()
        ]
        lines = [form for _, form in planted]
        repository, logs = scratch / "repository", scratch / "logs"
        _repository(repository, random, lines)
        _logs(logs, random, lines)
        secrets = {name: Secret(value) for name, value in values.items()}
        history = _Search(secrets, lambda: git_objects(repository))
        logged = _Search(secrets, lambda: folder(logs))
        figures = [
            _history(repository, history),
            _logged(scratch, logs, logged, values),
            _count("planted values that are missed", history.missed() + logged.missed()),
            _count("false alarms in ten packages", _false_alarms(scratch, secrets)),
        ]
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sizes = f"{history.last.size / 1e6:.0f} MB of objects, {logged.last.size / 1e6:.0f} of logs"
        tell(f"  {sizes}, {len(planted)} planted in each; at most {most:.0f} MiB of memory")
        return figures
    finally:
        shutil.rmtree(scratch)


class _Search:
    """One search that is done again and again, and what it found last."""

    def __init__(self, secrets: dict[str, Secret], things: Callable[[], Things]) -> None:
        self.secrets = secrets
        self.things = things
        self.last = Looked()

    def speed(self) -> float:
        """Megabytes a second, with all that a user waits for but the start of Python."""
        begun = time.perf_counter()
        self.last = look(Searcher(self.secrets), self.things())
        took = time.perf_counter() - begun
        assert not self.last.gaps, self.last.gaps
        return self.last.size / took / 1e6

    def missed(self) -> int:
        """How many of the planted were not found."""
        found = {(one.secret, one.form) for one in self.last.findings}
        known = list(self.secrets.items())[:PLANTED]
        planted = {(name, form) for name, value in known for form in forms(value.reveal())}
        return len(planted - found)


def _history(repository: Path, search: _Search) -> Figure:
    def baseline() -> float:
        words: list[str | Path] = [
            "git",
            "-C",
            repository,
            "cat-file",
            "--batch-all-objects",
            "--batch",
        ]
        with Path(os.devnull).open("wb") as nowhere:
            begun = time.perf_counter()
            assert run(words, timeout=600, out_to=nowhere).ok
            return search.last.size / (time.perf_counter() - begun) / 1e6

    search.speed()  # the baseline has to know the size
    pairs = in_turns(search.speed, baseline)
    return Figure("scan of 10,000 commits", "MB/s", "git cat-file", pairs, "ratio", OF_GIT, True)


def _logged(scratch: Path, logs: Path, search: _Search, values: dict[str, bytes]) -> Figure:
    patterns = scratch / "patterns"
    every = {form for value in values.values() for form in forms(value).values()}
    patterns.write_bytes(b"\n".join(sorted(one for one in every if b"\n" not in one)) + b"\n")
    files = sorted(logs.iterdir())
    size = sum(file.stat().st_size for file in files)
    surroundings = {"PATH": os.environ["PATH"], "LC_ALL": "C"}  # where grep is fastest

    def baseline() -> float:
        words: list[str | Path] = ["grep", "-F", "-c", "-a", "-f", patterns, *files]
        begun = time.perf_counter()
        assert run(words, timeout=600, environment=surroundings).ok
        return size / (time.perf_counter() - begun) / 1e6

    pairs = in_turns(search.speed, baseline)
    name = f"scan of {size / 2**30:.2g} GiB of logs"
    return Figure(name, "MB/s", "grep -F -f", pairs, "ratio", OF_GREP, True)


def _count(what: str, number: int) -> Figure:
    return Figure(what, "", "-", ((float(number), 0.0),), "value", 0)


def _value(random: Random, number: int) -> bytes:
    """A token; every fifth a password with the characters that are escaped; every tenth a key."""
    token = "".join(random.choices(ALPHABET, k=43))
    if number % 10 == 9:
        body = "\n".join("".join(random.choices(ALPHABET, k=64)) for _ in range(6))
        return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n".encode()
    return (f"{token[:9]}/+?é\"'<&{token[9:16]}" if number % 5 == 4 else token).encode()


def _text(random: Random, size: int) -> bytes:
    """Lines as in a source file, of a thousand words."""
    words = [f"{random.choice(ALPHABET)}{number:x}".encode() for number in range(1000)]
    made = bytearray()
    while len(made) < size:
        made += b"    " + b" ".join(random.choices(words, k=9)) + b"\n"
    return bytes(made)


def _repository(path: Path, random: Random, planted: list[bytes]) -> None:
    """Each commit changes one of 200 files; the planted lie in some of them and are gone again."""
    checked(["git", "init", "--quiet", path], timeout=60)
    stream = path.parent / "stream"
    with stream.open("wb") as file:
        for part in _commits(random, planted):
            file.write(part)
    script = 'exec git -C "$1" fast-import --quiet < "$2"'
    checked(["sh", "-c", script, "sh", path, stream], timeout=600)
    stream.unlink()
    checked(["git", "-C", path, "gc", "--quiet"], timeout=600)


def _commits(random: Random, planted: list[bytes]) -> Iterator[bytes]:
    files = [_text(random, random.randrange(2_000, 60_000)) for _ in range(FILES)]
    left = list(planted)
    for number in range(COMMITS):
        which = random.randrange(FILES)
        place = random.randrange(len(files[which]))
        files[which] = files[which][:place] + _text(random, 60) + files[which][place + 60 :]
        data = files[which]
        if left and number % (COMMITS // len(planted)) == 0:
            data = data[:place] + left.pop() + data[place:]
        message = f"change {number}".encode()
        yield b"commit refs/heads/main\ncommitter bench <bench@localhost> %d +0000\n" % number
        yield b"data %d\n%s\n" % (len(message), message)
        yield b"M 100644 inline src/file%d.py\ndata %d\n%s\n" % (which, len(data), data)
    assert not left


def _logs(folder_: Path, random: Random, planted: list[bytes]) -> None:
    """Eight files of an access log; the planted lie at the end of lines, far from each other."""
    folder_.mkdir()
    block = b"".join(_line(random) for _ in range(50_000))
    left = list(planted)
    each = LOG_MEGABYTES * 2**20 // 8
    for number in range(8):
        with (folder_ / f"access.log.{number}").open("wb") as file:
            while file.tell() < each:
                cut = random.randrange(len(block))
                file.write(block[cut:] + (left.pop() + b"\n" if left else b"") + block[:cut])
            if number == 7:
                file.write(b"\n".join(left) + b"\n")


def _line(random: Random) -> bytes:
    address = ".".join(str(random.randrange(256)) for _ in range(4))
    name = "".join(random.choices("0123456789abcdef", k=32))
    return (f'{{"time":"2026-11-22T18:42:43+00:00","request_id":"{name}","client":"{address}",'
            f'"method":"GET","path":"/products/{random.randrange(10**6)}","status":200}}\n'
            ).encode()  # fmt: skip


def _false_alarms(scratch: Path, secrets: dict[str, Secret]) -> int:
    """Findings in packages that know nothing of the values."""
    tell(f"  ten packages: {' '.join(PACKAGES)}")
    packages, unpacked, venv = (scratch / name for name in ("packages", "unpacked", "venv"))
    unpacked.mkdir()
    pip: list[str | Path] = [venv / "bin" / "pip", "--quiet", "--disable-pip-version-check"]
    checked([sys.executable, "-m", "venv", venv], timeout=120)
    checked([*pip, "install", *BUILDERS], timeout=300)
    every = ["--no-binary", ":all:", "--no-deps", "--no-build-isolation"]
    checked([*pip, "download", *every, "--dest", packages, *PACKAGES], timeout=600)
    archives = sorted(packages.iterdir())
    assert len(archives) == len(PACKAGES)
    for archive in archives:
        checked(["tar", "-xf", archive, "-C", unpacked], timeout=60)
    looked = look(Searcher(secrets), folder(unpacked))
    assert looked.things > 500, looked.things
    return len(looked.findings) + len(looked.gaps)


if __name__ == "__main__":
    sys.exit(main(measure))

"""`uz init`."""

import argparse
import os
from contextlib import suppress
from pathlib import Path

from uz.cli.screen import Screen
from uz.detect import Detection, detect, uz_toml
from uz.detect.write import SECTIONS
from uz.errors import MachineError, SpecError, UzError
from uz.spec import parse
from uz.spec.load import FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz init`."""
    parser.add_argument("--force", action="store_true", help=f"overwrite an existing {FILE}")
    parser.add_argument("--print", action="store_true", help="only show it, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Look, write, and say what was found: 0 where the file can be used as it is, else 2."""
    target: Path = arguments.project / FILE
    if os.path.lexists(target) and not (arguments.force or arguments.print):
        raise UzError(
            f"{target}: exists already",
            hint="Look at a new one with `uz init --print`, or overwrite with `uz init --force`.",
        )
    detection = detect(arguments.project)
    text = uz_toml(detection)
    if arguments.print:
        Screen().line(text.removesuffix("\n"))
        return 0
    _write(target, text)
    screen = Screen(quiet=getattr(arguments, "quiet", False))
    _summarise(detection, screen)
    return _next_step(text, screen)


def _write(target: Path, text: str) -> None:
    """Write beside and rename, so that the file is never seen half-written."""
    fresh = target.with_name(f".{FILE}.{os.getpid()}.new")
    try:
        with fresh.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)  # Nothing in it is secret, and it belongs into the repository.
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise MachineError(f"{target}: cannot be written: {error.strerror}") from error


def _summarise(detection: Detection, screen: Screen) -> None:
    screen.note(f"Looked at {detection.files} files and ran none of them.\n\nFound:")
    width = max((len(finding.key) for finding in detection.findings), default=0)
    for key in dict.fromkeys(finding.key for finding in detection.findings):
        found = detection.all(key)
        for finding in found if key == "app.build" else found[:1]:
            screen.note(f"  {key:{width}}  {finding.value}")
            doubt = "" if finding.sure else "a guess, from "
            screen.note(screen.paint(f"  {'':{width}}  {doubt}{finding.because}", "dim"))
    sections = {
        title: [one.text for one in detection.on(topic)] for topic, title in SECTIONS.items()
    }
    sections["Could not read"] = list(detection.unread)
    for title, texts in sections.items():
        if texts:
            screen.note("\n".join([f"\n{title}:", *(f"  - {text}" for text in texts)]))


def _next_step(text: str, screen: Screen) -> int:
    try:
        parse(text)
    except SpecError as error:
        screen.line(f"\nWrote {FILE}, which cannot be used yet: {error}")
        screen.line("next: finish what is marked TODO in it, then `uz doctor` and `uz up`")
        return error.exit_code
    screen.line(f"\nWrote {FILE}.\nnext: read it, then `uz doctor` and `uz up`")
    return 0

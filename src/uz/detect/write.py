"""Writes `uz.toml`: every value below the place that justifies it, and what was not found."""

import json
from collections.abc import Iterable, Iterator
from textwrap import wrap

from uz.detect.accept import LISTS
from uz.detect.finding import Detection, Finding, Remark, Topic, shown

HEAD = """\
# uz.toml — what Uz needs to know to run this app.
# `uz init` wrote it from the files here; nothing of the app was run. Above each value stands the
# place it comes from. CHECK marks a guess, TODO what is needed before this file can be used.

version = 1
"""
BACKUPS = """
# Backups every night, encrypted, and a restore tried every week. Without a bucket they are lost
# with the machine: make one, keep its keys in the secrets manager, and take the # off.
[backups]
schedule = "17 3 * * *"
# offsite = "s3://{name}-backups"
# access_key = "ref+vault://secret/backups#/access_key"
# secret_key = "ref+vault://secret/backups#/secret_key"
"""
KEYS = ("app.name", "app.domain", "app.command", "app.build", "app.source", "app.health")
MOST_ALTERNATIVES = 5
SECTIONS = {
    Topic.MISSING: "Not found",
    Topic.REFUSED: "Left out, because this file cannot hold it",
    Topic.CHANGE: "To change in the app",
    Topic.LATER: "Found, for later versions of Uz, which have no keys for it yet",
}


def uz_toml(detection: Detection) -> str:
    """The text of `uz.toml`. It loads as it is, unless a line in it is marked TODO."""
    lines = [HEAD, "[app]"]
    told = _about_todo(detection)
    for key in KEYS:
        lines += _key(detection, key)
    lines += _settings(detection)
    lines += _database(detection)
    lines += _processes(detection)
    lines += _staging(detection)
    for topic, title in SECTIONS.items():
        lines += _section(title, (one.text for one in detection.on(topic) if one not in told))
    lines += _section("Could not read", detection.unread)
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def quoted(value: str) -> str:
    """Write text as a TOML string. A JSON string is one, as long as every character is visible."""
    return json.dumps(value, ensure_ascii=False)


def _key(detection: Detection, key: str) -> Iterator[str]:
    found = detection.all(key)
    name = key.rpartition(".")[2]
    if key in LISTS:
        if found:
            yield f"{name} = ["
            for step in found:
                yield from _reason(step, "    ")
                yield f"    {quoted(step.value)},"
            yield "]"
        return
    if not found:
        yield from _todo(detection, key)
    for number, finding in enumerate(found[: 1 + MOST_ALTERNATIVES]):
        if number == 0:
            yield from _reason(finding)
            yield f"{name} = {quoted(finding.value)}"
        else:
            yield f"# or, from {shown(finding.because)}:"
            yield f"# {name} = {quoted(finding.value)}"


def _reason(finding: Finding, indent: str = "") -> Iterator[str]:
    yield f"{indent}# {'from' if finding.sure else 'CHECK, from'} {shown(finding.because)}"


def _about_todo(detection: Detection) -> list[Remark]:
    """What there is to say on the one essential key, the command, where it was not found."""
    if detection.chosen("app.command"):
        return []
    return [one for one in detection.on(Topic.MISSING) if one.about == "app.command"]


def _todo(detection: Detection, key: str) -> Iterator[str]:
    """A line that stands for an essential value which was not found: without it, nothing loads."""
    if key != "app.command":
        return
    known = _about_todo(detection)
    yield "# TODO: write the command that starts one web instance on 127.0.0.1:$PORT."
    for remark in known:
        yield from _wrapped(remark.text)
    suggestion = next((remark.suggestion for remark in known if remark.suggestion), "")
    yield f"# command = {quoted(suggestion or '…')}"


def _settings(detection: Detection) -> Iterator[str]:
    keys = dict.fromkeys(f.key for f in detection.findings if f.key.startswith("app.env."))
    if keys:
        yield "\n[app.env]"
    for key in keys:
        yield from _key(detection, key)


def _database(detection: Detection) -> Iterator[str]:
    if detection.chosen("database.migrate"):
        yield "\n# PostgreSQL with a replica, behind PgBouncer. The app finds it by DATABASE_URL."
        yield "[database]"
        yield from _key(detection, "database.migrate")
        name = detection.chosen("app.name")
        yield BACKUPS.format(name=name.value if name else "my-app").rstrip()


def _processes(detection: Detection) -> Iterator[str]:
    """Workers as comments: most need Redis, and what it is for only the user knows."""
    for key in dict.fromkeys(f.key for f in detection.findings if f.key.startswith("processes.")):
        finding = detection.chosen(key)
        if finding:
            yield f"\n# from {shown(finding.because)}"
            yield f"# [{key.rpartition('.')[0]}]"
            yield f"# command = {quoted(finding.value)}"


def _staging(detection: Detection) -> Iterator[str]:
    domain = detection.chosen("app.domain")
    if domain:
        yield "\n# Without --env the environment is production, on ports 80 and 443. To try it on"
        yield "# other ports first, take the # off these lines and run `uz up --env staging`."
        yield '# [environments.staging]\n# kind = "staging"'
        yield "# [environments.staging.app]"
        yield f"# domain = {quoted(f'staging.{domain.value}')}"


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(dict.fromkeys(texts)):
        if number == 0:
            yield f"\n# {title}:"
        yield from _wrapped(text, "#   - ", "#     ")


def _wrapped(text: str, first: str = "# ", rest: str = "# ") -> list[str]:
    return wrap(shown(text, 400), 98, initial_indent=first, subsequent_indent=rest,
                break_long_words=False, break_on_hyphens=False)  # fmt: skip

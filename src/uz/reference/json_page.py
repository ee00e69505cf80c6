"""The page on `--json`: every field and what it means. A test compares it with the real output."""

from uz.reference.json_backups import DRILL, JOBS, LISTING, RESTORE, RUNS, TRIED
from uz.reference.markdown import GENERATED, code, table
from uz.report.json_form import FORMAT
from uz.verdict import Domain, State

REPORT = {
    "format": f"version of this form, now {FORMAT}",
    "app": "`app.name`",
    "environment": "name of the environment",
    "kind": "`production`, `staging`, or `rehearsal` for `uz rehearse --json`",
    "time": "when the report was put together, ISO 8601 with its offset",
    "exit_code": "what `uz prove` exits with: 0 ready, 1 not ready, 3 undecided",
    "items": "one entry for each item, in the order of the checklist",
    "items[].id": "public name, never reused",
    "items[].line": "the line on the checklist",
    "items[].state": "the combined state of its experiments: the worst decides",
    "items[].reason": "what decided it, for people; its wording may change",
    "items[].failure_domains": "what may be lost while the thing proven still holds",
    "items[].experiments": "the evidence that is stored for it, one entry for each experiment",
    "items[].experiments[].name": "name of the experiment, unique in its item",
    "items[].experiments[].class": "what it does to users: `observe`, `probe` or `disrupt`",
    "items[].experiments[].state": "what was seen; stale evidence keeps its state here, and counts"
    " as `declared` in the item",
    "items[].experiments[].reason": "why, for people; its wording may change",
    "items[].experiments[].figures": "what was measured, by name; the unit ends the name"
    " (`handshake_ms`)",
    "items[].experiments[].failure_domains": "as for the item",
    "items[].experiments[].time": "when it was tried, ISO 8601 with its offset",
    "items[].experiments[].environment": "the environment it was tried on",
    "items[].experiments[].rehearsed": "whether that was a rehearsal",
    "items[].experiments[].inputs": "what the evidence depends on: digests of configurations and"
    " tables of `uz.toml`, versions of programs; a change makes it stale",
    "controls": "negative controls, empty unless they were tried: `uz rehearse`,"
    " `uz prove --self-test`",
    "controls[].id": "`ITEM/CONTROL`",
    "controls[].item": "the item it belongs to",
    "controls[].breaks": "what was broken on purpose",
    "controls[].state": "`held`: the experiment went red; `missed`: it proves nothing",
    "controls[].reason": "what the experiment said under sabotage, or why the control is missed",
}

STATUS = {
    "healthy": "whether every service runs and answers its readiness probe; decides the exit code",
    "isolated": "whether servers and app run as users of their own",
    "url": "the address that users type",
    "services": "one entry for each service, in start order",
    "services[].name": "name of the service, as `uz logs` takes it",
    "services[].description": "what it is",
    "services[].running": "whether its process exists",
    "services[].healthy": "whether it is ready",
    "services[].detail": "why it is not, for people; empty when it is",
    "services[].address": "where it listens, `*` for all addresses; empty when nowhere",
    "services[].pid": "process id, or null",
    "services[].uptime_s": "seconds since its start, or null",
    "services[].restarts": "how often it came up again by itself since it was started on purpose",
    "services[].memory_bytes": "bytes, with its descendants; shared ones counted in parts; or null",
    "services[].version": "version of the server program; empty for the app",
    "services[].replaced_on_disk": "whether the program on disk is newer than the one that runs",
    "services[].release": "number of the release it runs; empty for servers",
    "services[].role": "of a database server: `primary` or `standby`; else empty",
    "notes": "what is to be said of backups, drills and jobs, for people: a sentence each",
}

HEAD = f"""\
{GENERATED}
# JSON

With `--json` these commands print one JSON object. `format` says which form: it grows only when a
field is removed or changes its meaning. New fields may come at any time, so let your reader pass
over what it does not know. `[]` stands for each entry of a list.
"""

STATES = {
    State.PROVEN: "the experiment held, and its evidence still counts",
    State.REFUTED: "it was tried, and does not hold",
    State.DECLARED: "the files say so; not tried, or the evidence is stale",
    State.MISSING: "the files do not have it",
    State.UNKNOWN: "could not be decided, and the reason says why",
    State.WAIVED: "accepted by a named person until a date",
    State.INAPPLICABLE: "cannot apply here",
}

DOMAINS = {
    Domain.PROCESS: "a process may die",
    Domain.MACHINE: "a machine may be lost",
    Domain.DISK: "a disk may be lost",
    Domain.SITE: "a whole site may be lost",
}


def json_page() -> str:
    """The whole page."""
    states = [
        (code(one.value), words, "yes" if one.ready else "no") for one, words in STATES.items()
    ]
    domains = [(code(one.value), words) for one, words in DOMAINS.items()]
    return "\n".join(
        [
            HEAD,
            f"## uz prove, uz rehearse\n\n{_fields(REPORT)}",
            "## uz status\n\nThe same, and these. `exit_code` is the items' here too; the command"
            f" itself exits with 1 when `healthy` is false.\n\n{_fields(STATUS)}",
            f"## uz backup list\n\n{_fields(LISTING)}",
            f"## uz restore\n\n{_fields(RESTORE | TRIED)}",
            f"## uz drill\n\nThe record of the drill; `uz drill --history --json` prints one on"
            f" each line, oldest first.\n\n{_fields(DRILL)}",
            f"## uz jobs\n\n{_fields(JOBS)}\n`uz jobs --history --json`:\n\n{_fields(RUNS)}",
            f"## States\n\n{table(('state', 'means', 'counts as ready'), states)}",
            f"## Failure domains\n\n{table(('domain', 'proven to survive'), domains)}",
        ]
    )


def _fields(fields: dict[str, str]) -> str:
    return table(("field", "meaning"), [(code(name), text) for name, text in fields.items()])

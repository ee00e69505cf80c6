"""Whether a restored database is consistent in itself, whatever the moment it was restored to."""

from collections.abc import Iterable
from functools import partial

from uz.backups import invariants
from uz.backups.counting import pinned
from uz.backups.finding import Finding
from uz.backups.invariants import Question
from uz.errors import BackupError
from uz.targets.local.backups.contents import DATABASE
from uz.targets.local.backups.looks import short, tried
from uz.targets.local.backups.session import LONG, Asks

ASKED = (
    ("foreign keys", invariants.FOREIGN_KEYS, "lead nowhere"),
    ("sequences", invariants.SEQUENCES, "give a number that is there already"),
    ("indexes of constraints", invariants.INDEXES, "are not valid"),
)


def consistent(ask: Asks, own: Iterable[str] = ()) -> tuple[Finding, ...]:
    """See that all holds that has to at any moment; `own` is the user's SQL, to return no row."""
    general = [tried(name, partial(_held, ask, name, sql, what)) for name, sql, what in ASKED]
    users = [
        tried(f"invariant {number}", partial(_own, ask, f"invariant {number}", sql))
        for number, sql in enumerate(own, 1)
    ]
    return (*general, *users)


def _held(ask: Asks, name: str, sql: str, what: str) -> Finding:
    questions = invariants.parse_questions(ask(pinned() + sql, DATABASE))
    numbers = [(one.name, _number(ask, one, pinned())) for one in questions]
    wrong = [f"{one} ({number})" for one, number in numbers if number]
    detail = f"{short(wrong)}: {what}" if wrong else f"all {len(questions)} hold"
    if not questions:
        detail = "there are none"
    return Finding(name, not wrong, detail, {"checked": len(questions), "wrong": len(wrong)})


def _own(ask: Asks, name: str, sql: str) -> Finding:
    """With the app's settings, and not a word of the rows: they may be anybody's."""
    number = _number(ask, Question(name, invariants.violations(sql)), "")
    rows = f"{number} row{'' if number == 1 else 's'}"
    return Finding(name, not number, f"{rows}: {' '.join(sql.split())[:80]}", {"rows": number})


def _number(ask: Asks, question: Question, settings: str) -> int:
    said = ask(settings + question.sql, DATABASE, within=LONG)
    try:
        return int(said)
    except ValueError as error:
        raise BackupError(f"{question.name}: {said[:80]!r} is no number") from error

"""What the files of a pgBackRest repository are, by their paths in it."""

import re

STANZA = "main"
"""pgBackRest's name for a database; Uz has one in each repository."""
SALTED = b"Salted__"
"""What its encrypted files begin with, as all that OpenSSL encrypts by a passphrase."""

LABEL = r"[0-9]{8}-[0-9]{6}F(?:_[0-9]{8}-[0-9]{6}[DI])?"
IN_BACKUP = re.compile(rf"backup/{STANZA}/({LABEL})/.+")
SEGMENT = re.compile(
    rf"archive/{STANZA}/[0-9.]+-[0-9]+/[0-9A-F]{{16}}/([0-9A-F]{{24}})-[0-9a-f]{{40}}(?:\.[a-z0-9]+)?"
)
HISTORY = re.compile(rf"archive/{STANZA}/[0-9.]+-[0-9]+/([0-9A-F]{{8}}\.history)")
CHANGING = re.compile(
    rf"""
      (?:archive|backup)/{STANZA}/(?:archive|backup)\.info(?:\.copy)?
    | backup/{STANZA}/latest(?:/.*)?             # a link
    | backup/{STANZA}/backup\.history/.*         # manifests again, of those that went, too
    | .*/backup\.manifest\.copy
    | archive/.*\.backup                         # told by the manifest, too
    | archive/.*\.partial-[0-9a-f]{{40}}.*       # of a server that was promoted: also in the next
    | .*\.pgbackrest\.tmp
    | [^/]*                                      # Uz's own, at the top
    """,
    re.VERBOSE,
)


def label_in(path: str) -> str:
    """The label of the backup that a path belongs to; empty where it belongs to none."""
    found = IN_BACKUP.fullmatch(path)
    return found[1] if found else ""


def segment(path: str) -> str:
    """The name of the WAL or history file at a path; empty where it is none."""
    found = SEGMENT.fullmatch(path) or HISTORY.fullmatch(path)
    return found[1] if found else ""


def changing(path: str) -> bool:
    """Whether a file changes while others are added, is half-written, or is there twice."""
    return bool(CHANGING.fullmatch(path))

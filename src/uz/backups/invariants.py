"""What has to be true in any consistent database, whatever the moment, as SQL that asks for it.

Each question is SQL that returns, as JSON on one line, names and further questions: a number each.
All are for pinned settings.
"""

import json
from dataclasses import dataclass

from uz.errors import BackupError

USERS = "{0}.nspname !~ '^pg_' AND {0}.nspname <> 'information_schema'"


@dataclass(frozen=True)
class Question:
    """SQL whose answer is how many violate something; `name` says what that is about."""

    name: str
    sql: str


_CHILD = "CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, c.relname)"
_PARENT = _CHILD.replace("c.rel", "r.rel").replace("n.nsp", "m.nsp")
FOREIGN_KEYS = f"""\
SELECT coalesce(jsonb_agg(jsonb_build_array(
    format('%I.%I.%I', n.nspname, c.relname, k.conname),
    format('SELECT count(*) FROM %s c WHERE (%s) AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
        {_CHILD}, keys.given, {_PARENT}, keys.same)) ORDER BY k.oid), '[]')
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace m ON m.oid = r.relnamespace
CROSS JOIN LATERAL (
    SELECT string_agg(format('c.%I IS NOT NULL', a.attname),
            CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END) AS given,
        string_agg(format('p.%I OPERATOR(%I.%s) c.%I', b.attname, s.nspname, o.oprname, a.attname),
            ' AND ') AS same
    FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS u(own, other, equal)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.other
    JOIN pg_operator o ON o.oid = u.equal JOIN pg_namespace s ON s.oid = o.oprnamespace
) AS keys
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated AND {USERS.format("n")}
    AND coalesce(to_jsonb(k) ->> 'conperiod', 'false') = 'false'
    AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
"""
"""Rows whose foreign key leads nowhere, by constraint. Not of those that were never validated, and
not of PostgreSQL 18's keys over periods, or without enforcement."""
SEQUENCES = f"""\
SELECT coalesce(jsonb_agg(jsonb_build_array(format('%I.%I', n.nspname, c.relname),
    format('SELECT count(*) FROM %I.%I s, (SELECT %s(%I) AS most FROM %I.%I) t'
        ' WHERE s.is_called AND t.most %s s.last_value',
        n.nspname, c.relname, CASE WHEN q.seqincrement > 0 THEN 'max' ELSE 'min' END, a.attname,
        m.nspname, r.relname, CASE WHEN q.seqincrement > 0 THEN '>' ELSE '<' END)
    ) ORDER BY c.oid), '[]')
FROM pg_sequence q
JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class r ON r.oid = d.refobjid JOIN pg_namespace m ON m.oid = r.relnamespace
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.refobjsubid
WHERE NOT q.seqcycle AND c.relpersistence = 'p' AND {USERS.format("n")}
    AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
"""
"""Sequences that would give a number that is there already, by name: those of columns, and used."""
INDEXES = f"""\
SELECT coalesce(jsonb_agg(jsonb_build_array(format('%I.%I', n.nspname, c.relname),
    format('SELECT count(*) FROM pg_catalog.pg_index WHERE indexrelid = %s AND NOT indisvalid',
        c.oid)) ORDER BY c.oid), '[]')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND {USERS.format("n")}
    AND EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')
"""
"""Indexes that a constraint rests on and that are not valid, by name. Others may be: a moment in
the middle of CREATE INDEX CONCURRENTLY can be restored, too."""


def parse_questions(text: str) -> tuple[Question, ...]:
    """Read the answer to one of these. Raises BackupError."""
    try:
        return tuple(Question(str(name), str(sql)) for name, sql in json.loads(text))
    except (ValueError, TypeError) as error:
        raise BackupError(f"the list of invariants cannot be read: {error}") from error


def violations(sql: str) -> str:
    """SQL for how many rows the user's own SQL returns."""
    inside = sql.strip().removesuffix(";")
    return f"SELECT count(*) FROM (\n{inside}\n) AS violations"

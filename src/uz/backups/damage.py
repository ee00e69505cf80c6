"""Whether indexes and tables are whole inside, as SQL for PostgreSQL's own extension, amcheck.

It makes the extension and functions, so it is for a private copy alone.
"""

import json
from dataclasses import dataclass
from typing import Any

from uz.errors import BackupError

SCHEMA = "uz_checks"
OPEN = f"""\
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA {SCHEMA};
CREATE OR REPLACE FUNCTION {SCHEMA}.damaged(wanted oid[], heap boolean) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    one oid;
    place text := (SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
        WHERE extname = 'amcheck');
    call text := CASE WHEN heap
        THEN 'SELECT min(msg) FROM %I.verify_heapam(%L::regclass)'
        ELSE 'SELECT nullif(%I.bt_index_check(%L::regclass, true)::text, '''')' END;
    said text;
    found jsonb := '[]';
BEGIN
    FOREACH one IN ARRAY wanted LOOP
        BEGIN
            EXECUTE format(call, place, one) INTO said;
        EXCEPTION WHEN OTHERS THEN
            said := SQLERRM;
        END;
        IF said IS NOT NULL THEN
            found := found || jsonb_build_array(jsonb_build_array(one::regclass::text, said));
        END IF;
    END LOOP;
    RETURN jsonb_build_object('checked', coalesce(array_length(wanted, 1), 0), 'damaged', found);
END $$;
"""
"""What has to be there before the rest."""
CLOSE = f"SET client_min_messages = 'warning';\nDROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
"""Removes all of it again."""
INDEXES = """\
SELECT coalesce(jsonb_agg(c.oid::bigint ORDER BY c.oid), '[]')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p'
    AND i.indisvalid AND i.indisready
"""
TABLES = """\
SELECT coalesce(jsonb_agg(c.oid::bigint ORDER BY c.oid), '[]')
FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence = 'p' AND a.amname = 'heap'
    AND current_setting('server_version_num')::int >= 140000
"""
"""Tables, those of long values included, and of the system; before PostgreSQL 14 none can be."""


@dataclass(frozen=True)
class Looked:
    """How many were looked at, and what is wrong with which, a line each."""

    checked: int
    damaged: tuple[str, ...]


def looking(numbers: tuple[int, ...], *, heap: bool) -> str:
    """SQL that looks at these indexes, or tables."""
    wanted = ",".join(map(str, numbers))
    return f"SELECT {SCHEMA}.damaged('{{{wanted}}}'::oid[], {'true' if heap else 'false'})"


def parse_numbers(text: str) -> tuple[int, ...]:
    """Read the answer to `INDEXES` or `TABLES`. Raises BackupError."""
    try:
        return tuple(int(one) for one in json.loads(text))
    except (ValueError, TypeError) as error:
        raise BackupError(f"the list of what to look at cannot be read: {error}") from error


def parse_looked(text: str) -> Looked:
    """Read the answer to `looking`. Raises BackupError."""
    try:
        found: Any = json.loads(text)
        lines = tuple(f"{name}: {' '.join(str(said).split())}" for name, said in found["damaged"])
        return Looked(int(found["checked"]), lines)
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"what amcheck found cannot be read: {error}") from error

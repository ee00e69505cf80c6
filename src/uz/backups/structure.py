"""How a database is built, as SQL that asks for it: a digest of each definition, by its name.

It is made of names and the server's own words for definitions, so that it does not depend on
numbers that another server would give. What belongs to an extension is left out, but for the
extension and its version.
"""

import hashlib
import json
from collections.abc import Mapping

from uz.errors import BackupError

OWN = "{0}.nspname !~ '^pg_' AND {0}.nspname <> 'information_schema'"
NOT_EXTENDED = """NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{1}'::regclass
        AND d.objid = {0}.oid AND d.deptype = 'e')"""
RIGHTS = "(SELECT array_agg(x::text ORDER BY x::text) FROM unnest({0}) AS x)"


def _part(kind: str, name: str, definition: str, rest: str) -> str:
    return (
        f"SELECT '{kind} ' || {name} AS name, jsonb_build_array({definition})::text AS definition\n"
        f"    FROM {rest}"
    )


_RELATION = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_OF_RELATION = "JOIN pg_class c ON c.oid = {0} JOIN pg_namespace n ON n.oid = c.relnamespace"
_NAME = "format('%I.%I', n.nspname, c.relname)"
_ABOUT = f"""c.relkind, c.relpersistence, c.relowner::regrole::text, {RIGHTS.format("c.relacl")},
        c.reloptions"""
_COLUMNS = f"""(
        SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
            a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(f.adbin, f.adrelid),
            (SELECT format('%I.%I', m.nspname, l.collname) FROM pg_collation l
                JOIN pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = a.attcollation),
            {RIGHTS.format("a.attacl")}) ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"""
_PARENTS = """(
        SELECT array_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i
        WHERE i.inhrelid = c.oid)"""
PARTS = (
    _part("database", "'app'", "pg_encoding_to_char(encoding), datcollate, datctype",
          "pg_database WHERE datname = current_database()"),
    _part("schema", "quote_ident(n.nspname)",
          f"n.nspowner::regrole::text, {RIGHTS.format('n.nspacl')}",
          f"pg_namespace n WHERE {OWN.format('n')}"),
    _part("extension", "quote_ident(e.extname)", "e.extversion, n.nspname",
          "pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"),
    _part("table", _NAME,
          f"""{_ABOUT}, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
        pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), {_PARENTS}, {_COLUMNS}""",
          f"{_RELATION} WHERE c.relkind IN ('r', 'p', 'f') AND {OWN.format('n')}"),
    _part("view", _NAME, f"{_ABOUT}, pg_get_viewdef(c.oid), {_COLUMNS}",
          f"{_RELATION} WHERE c.relkind IN ('v', 'm') AND {OWN.format('n')}"),
    _part("sequence", _NAME,
          f"""{_ABOUT}, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax,
        s.seqmin, s.seqcache, s.seqcycle,
        (SELECT array_agg(d.refobjid::regclass || '.' || a.attname) FROM pg_depend d
            JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
            AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass)""",
          f"pg_sequence s {_OF_RELATION.format('s.seqrelid')} WHERE {OWN.format('n')}"),
    _part("index", _NAME,
          "pg_get_indexdef(c.oid), i.indisunique, i.indisprimary, i.indisvalid, i.indisreplident",
          f"pg_index i {_OF_RELATION.format('i.indexrelid')} WHERE {OWN.format('n')}"),
    _part("constraint", f"{_NAME} || '.' || quote_ident(k.conname)",
          "pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred",
          f"pg_constraint k {_OF_RELATION.format('k.conrelid')} WHERE {OWN.format('n')}"),
    _part("trigger", f"{_NAME} || '.' || quote_ident(t.tgname)",
          "pg_get_triggerdef(t.oid), t.tgenabled",
          f"pg_trigger t {_OF_RELATION.format('t.tgrelid')} WHERE NOT t.tgisinternal"
          f" AND {OWN.format('n')}"),
    _part("rule", f"{_NAME} || '.' || quote_ident(r.rulename)",
          "pg_get_ruledef(r.oid), r.ev_enabled",
          f"pg_rewrite r {_OF_RELATION.format('r.ev_class')} WHERE r.rulename <> '_RETURN'"
          f" AND {OWN.format('n')}"),
    _part("policy", f"{_NAME} || '.' || quote_ident(p.polname)",
          """p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid),
        (SELECT array_agg(x::regrole::text ORDER BY x::regrole::text) FROM unnest(p.polroles) x)""",
          f"pg_policy p {_OF_RELATION.format('p.polrelid')} WHERE {OWN.format('n')}"),
    _part("function",
          "format('%I.%I(%s)', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid))",
          f"""f.prokind, f.proowner::regrole::text, {RIGHTS.format("f.proacl")},
        CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid) END,
        (SELECT jsonb_build_array(g.aggtransfn::text, g.aggfinalfn::text, g.agginitval,
            format_type(g.aggtranstype, NULL)) FROM pg_aggregate g WHERE g.aggfnoid = f.oid)""",
          f"pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE {OWN.format('n')}"
          f" AND {NOT_EXTENDED.format('f', 'pg_proc')}"),
    _part("type", "format('%I.%I', n.nspname, t.typname)",
          f"""t.typtype, t.typowner::regrole::text, {RIGHTS.format("t.typacl")}, t.typnotnull,
        t.typdefault, format_type(nullif(t.typbasetype, 0), t.typtypmod),
        (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
            WHERE e.enumtypid = t.oid),
        (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid),
        (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k
            WHERE k.contypid = t.oid),
        (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod))
            ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)""",
          "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c"
          f" ON c.oid = t.typrelid WHERE {OWN.format('n')} AND (t.typtype IN ('d', 'e', 'r')"
          " OR t.typtype = 'c' AND c.relkind = 'c')"
          f" AND {NOT_EXTENDED.format('t', 'pg_type')}"),
    _part("event trigger", "quote_ident(v.evtname)",
          "v.evtevent, v.evtenabled, v.evttags, v.evtfoid::regprocedure::text",
          f"pg_event_trigger v WHERE {NOT_EXTENDED.format('v', 'pg_event_trigger')}"),
)  # fmt: skip
STRUCTURE = """\
SELECT coalesce(jsonb_object_agg(name,
    left(encode(sha256(convert_to(definition, 'UTF8')), 'hex'), 16)), '{}')
FROM (
    """ + "\n    UNION ALL ".join(PARTS) + "\n) AS parts"  # fmt: skip
"""A digest of each definition, by kind and name, as JSON on one line. For pinned settings."""


def parse_structure(text: str) -> Mapping[str, str]:
    """Read the answer to `STRUCTURE`. Raises BackupError."""
    try:
        return {str(name): str(one) for name, one in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise BackupError(f"the structure of the database cannot be read: {error}") from error


def digest(objects: Mapping[str, str]) -> str:
    """One digest of all."""
    return hashlib.sha256(json.dumps(dict(objects), sort_keys=True).encode()).hexdigest()

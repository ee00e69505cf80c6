"""What depends on which server is the primary; it changes while nothing in `uz.toml` does."""

from uz.spec import Spec

PASSFILE = "connect_timeout=5 passfile=../../../credentials/database/pgpass"
"""As seen from each server's data, in which it works."""
CUT = "options=-ctcp_user_timeout=15s"
"""A primary that drops a standby's slot says so to the standby first; to one that hangs it would
for ever, and make no checkpoint until then (seen with 15.18: its log grows without a bound)."""
PRIMARY = "primary"
"""Name of the file that says who leads: a server's name and its port."""


def leading(spec: Spec, node: int) -> dict[str, str]:
    """The files, beside the servers' data, that make one server the primary."""
    port = spec.ports.database(node)
    return {
        "primary.conf": f"""\
# Whom the standbys follow; a primary pays no heed. Each is known there by its `cluster_name`.
primary_conninfo = 'host=127.0.0.1 port={port} user=replication {PASSFILE} {CUT}'
""",
        "pgbouncer.ini": f"""\
; Where PgBouncer finds the primary.
[databases]
app = host=127.0.0.1 port={port} dbname=app auth_user=pgbouncer
""",
        PRIMARY: f"database-{node} {port}\n",
    }

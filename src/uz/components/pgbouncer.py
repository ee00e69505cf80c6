"""PgBouncer: the app's way to the primary, in transaction mode."""

from uz.components.database import Budget, budget
from uz.components.database.budget import SPARE
from uz.machine import Machine
from uz.spec import Database, Spec
from uz.stack import Listen, Owner, Role, SecretText, Service, Stack, TalkReady

PREPARES = (1, 21)
"""The first version that follows prepared statements in transaction mode (its changelog)."""
HELD = 30
"""Seconds that a query waits for a server before it fails, as while the primary is switched."""


def pgbouncer(spec: Spec, machine: Machine) -> Stack:
    """The pooler in front of the primary; nothing where the Spec has no database."""
    database = spec.database
    if database is None:
        return Stack()
    port = spec.ports.pooler
    service = Service(
        name="pgbouncer",
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="pgbouncer",
        description="pools the app's connections",
        command=("pgbouncer", "{root}/config/pgbouncer/pgbouncer.ini"),
        ready=TalkReady(port, startup_packet("app", "app"), b"R"),
        listens=(Listen(port),),
        after=("database-setup",),
        credentials={"userlist.txt": SecretText(USERS)},
        passwords=("database/pgbouncer", "database/monitoring"),
        take_up=("sh", "{root}/config/pgbouncer/take-up", str(port)),
        stop_signal="INT",
        stop_timeout=30,
    )
    text = _ini(spec, database, budget(spec, database), port, prepares=prepares(machine))
    files = {"pgbouncer/pgbouncer.ini": text, "pgbouncer/take-up": TAKE_UP}
    return Stack((service,), files)


TAKE_UP = """\
#!/bin/sh
# take-up PORT: have PgBouncer read its files again, the passwords among them. Nobody notices.
export PGCONNECT_TIMEOUT=5
exec psql -Xqw -h "$PWD/run/pgbouncer" -p "$1" -U pgbouncer -d pgbouncer -c RELOAD
"""
USERS = '"pgbouncer" "{{database/pgbouncer}}"\n"monitoring" "{{database/monitoring}}"\n'


def prepares(machine: Machine) -> bool:
    """Whether an app may use prepared statements through the PgBouncer of this machine."""
    found = machine.programs.get("pgbouncer")
    return found is not None and found.version >= PREPARES


def startup_packet(user: str, database: str) -> bytes:
    """The first message of PostgreSQL's protocol 3.0: "R" is the answer of one that serves."""
    words = b"\0".join(w.encode() for w in ("user", user, "database", database)) + b"\0\0"
    return (len(words) + 8).to_bytes(4, "big") + (196608).to_bytes(4, "big") + words


def _ini(spec: Spec, database: Database, sums: Budget, port: int, *, prepares: bool) -> str:
    prepared = "max_prepared_statements = 200\n" if prepares else ""
    cut = f"{database.statement_timeout.total_seconds():g}" if database.synchronous else "0"
    return f"""\
; PgBouncer of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
; Paths are relative to the environment's folder, in which it is started.
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = run/pgbouncer
unix_socket_mode = 0700

; The app logs in with its own password, looked up in PostgreSQL; the others are in the file.
auth_type = scram-sha-256
auth_file = credentials/pgbouncer/userlist.txt
auth_query = SELECT username, password FROM pgbouncer.user_lookup($1)
stats_users = monitoring

; A connection is lent for one transaction.
pool_mode = transaction
default_pool_size = {database.pool}
; beyond the pool: look-ups, and the role that stands in while the app's password is rotated
max_db_connections = {database.pool + SPARE}
reserve_pool_size = 0
{sums.clients_explained()}
max_client_conn = {sums.clients}
{prepared}ignore_startup_parameters = extra_float_digits

; What waits, waits this long, in seconds: for a server, to log in, to connect.
query_wait_timeout = {HELD}
client_login_timeout = {HELD}
server_connect_timeout = {database.connect_timeout.total_seconds():g}
; a primary that came back is noticed after a second
server_login_retry = 1
; a statement that runs longer is cut here where the server must not do it (synchronous replicas)
query_timeout = {cut}
server_idle_timeout = 600
server_lifetime = 3600
tcp_keepalive = 1

log_connections = 0
log_disconnections = 0
log_pooler_errors = 1
stats_period = 60

[users]
pgbouncer = max_user_connections=2

%include data/database/pgbouncer.ini
"""

"""The roles of the database: who they are, what they may, and how long."""

from datetime import timedelta

from uz.components.database.budget import MIGRATIONS, MONITORING, SPARE
from uz.components.database.scripts import PATH_LINE, bin_folder
from uz.machine import Machine
from uz.spec import Database

ROLES = ("app", "migrations", "monitoring", "pgbouncer", "replication")
"""Those that log in. The schema belongs to `owner`, which nobody can be but by `migrations`."""
PASSWORDS = tuple(f"database/{role}" for role in ROLES)
BRIDGE = "app_next"
"""Stands in for `app` while the password of that is changed; it exists for no longer."""
LOGINS = "{{database/logins}}\n"
"""The roles that have a password now: all, and `app_next` during a rotation."""
OWN = """\
psql --host "$socket" -U postgres -d postgres --file config/database-setup/canary.sql
"""
"""What the setup does for backups."""


def passwords() -> str:
    """SQL that sets the password of the role in the variable `role`; the server logs none of it."""
    head = "SET log_statement = 'none';\nSET log_min_error_statement = 'panic';\n"
    return head + "".join(
        f"SELECT :'role' = '{role}' AS wanted \\gset\n"
        f"\\if :wanted\n    ALTER ROLE {role} PASSWORD '{_password(role)}';\n\\endif\n"
        for role in (*ROLES, BRIDGE)
    )


def _password(role: str) -> str:
    return f"{{{{database/{role.replace('_', '-')}}}}}"


def passfile(*names: str) -> str:
    """A .pgpass with these roles."""
    return "".join(f"*:*:*:{role}:{_password(role)}\n" for role in names)


def setup(machine: Machine, *, backups: bool = False) -> str:
    """The script that makes roles, database and rights, on the primary, by the private socket;
    with `backups` also a database of Uz's own."""
    return f"""\
#!/bin/sh
# Makes roles, database and rights what uz.toml says. Can be run any number of times.
set -eu
{PATH_LINE.format(folder=bin_folder(machine))}
read -r primary port < data/database/primary
socket=$PWD/run/database
# a standby may be away: nothing here waits for one
export PGOPTIONS='-c synchronous_commit=local -c statement_timeout=60s -c lock_timeout=10s'
export PGCONNECT_TIMEOUT=10
psql() {{
    command psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 --port "$port" "$@"
}}

psql --host "$socket" -U postgres -d postgres --file config/database-setup/roles.sql
psql --host "$socket" -U postgres -d app --file config/database-setup/rights.sql
{OWN if backups else ""}
# While the app's password is changed, another role stands in for the app's.
read -r logins < credentials/database-setup/logins
case " $logins " in
    *" {BRIDGE} "*) bridge=bridge ;;
    *) bridge=no-bridge ;;
esac
psql --host "$socket" -U postgres -d postgres --file "config/database-setup/$bridge.sql"

export PGPASSFILE=$PWD/credentials/database-setup/pgpass
# A password is set where it does not let its role in. One that is set again gets another salt, and
# PgBouncer could open no connection for clients that are there until one logs in anew.
for role in $logins; do
    said=$(psql --host 127.0.0.1 -U "$role" -d postgres -c '' 2>&1) && continue
    case $said in
        *"authentication failed"*)
            echo "password of $role"
            psql --host "$socket" -U postgres -d postgres --set role="$role" \\
                --file credentials/database-setup/passwords.sql
            ;;
    esac
done
"""


def roles(database: Database) -> str:
    """SQL for the roles and the database itself."""
    return f"""\
-- Written by `uz render` from uz.toml.
SELECT format('CREATE ROLE %I', wanted.name)
FROM unnest('{{owner,{",".join(ROLES)}}}'::text[]) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) \\gexec

-- The schema's owner: nobody logs in as it.
ALTER ROLE owner NOLOGIN;

-- The app, through PgBouncer: reads and writes rows, and cannot change the schema.
{limits("app", database)}
-- Migrations, past PgBouncer: what they make is the owner's.
ALTER ROLE migrations LOGIN CONNECTION LIMIT {MIGRATIONS};
GRANT owner TO migrations;
ALTER ROLE migrations SET role = 'owner';
ALTER ROLE migrations SET lock_timeout = '{_ms(database.lock_timeout)}';
-- One that was killed gives its locks back before the app gives up on them.
ALTER ROLE migrations SET client_connection_check_interval = '1s';

ALTER ROLE monitoring LOGIN CONNECTION LIMIT {MONITORING};
GRANT pg_monitor TO monitoring;
ALTER ROLE monitoring SET statement_timeout = '10s';

ALTER ROLE pgbouncer LOGIN;
ALTER ROLE replication LOGIN REPLICATION;

SELECT 'CREATE DATABASE app OWNER owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'app') \\gexec
ALTER DATABASE app OWNER TO owner;
REVOKE ALL ON DATABASE app FROM PUBLIC;
GRANT CONNECT ON DATABASE app TO app, migrations, monitoring, pgbouncer;
GRANT TEMPORARY ON DATABASE app TO app;
"""


def bridge(database: Database) -> str:
    """SQL for the role that stands in for the app's: it is the app's, but for its password."""
    return f"""\
-- Written by `uz render` from uz.toml.
SELECT 'CREATE ROLE {BRIDGE}'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{BRIDGE}') \\gexec
GRANT app TO {BRIDGE};
ALTER ROLE {BRIDGE} SET role = 'app';
{limits(BRIDGE, database)}"""


def no_bridge() -> str:
    """SQL that lets nobody in by the role that stood in for the app's."""
    return f"""\
-- Written by `uz render` from uz.toml.
SELECT 'ALTER ROLE {BRIDGE} NOLOGIN'
WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = '{BRIDGE}') \\gexec
SELECT pg_terminate_backend(pid, 5000)
FROM pg_stat_activity WHERE usename = '{BRIDGE}' \\g /dev/null
DROP ROLE IF EXISTS {BRIDGE};
"""


def limits(role: str, database: Database) -> str:
    """SQL for how many connections one who is the app may have, and how long what may take."""
    times = {
        "statement_timeout": database.statement_timeout,
        "lock_timeout": database.lock_timeout,
        "idle_in_transaction_session_timeout": database.idle_in_transaction_timeout,
    }
    if database.synchronous:  # the server would acknowledge what no replica has: PgBouncer cuts
        del times["statement_timeout"]
    found = f"ALTER ROLE {role} LOGIN CONNECTION LIMIT {database.pool + SPARE};\n"
    found += "".join(
        f"ALTER ROLE {role} SET {key} = '{_ms(value)}';\n" for key, value in times.items()
    )
    if database.synchronous:
        found += f"ALTER ROLE {role} RESET statement_timeout;\n"
    return found


def rights() -> str:
    """SQL for the rights inside the database, those of objects to come included."""
    return f"""\
-- Written by `uz render` from uz.toml.
ALTER SCHEMA public OWNER TO owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT USAGE ON SCHEMAS TO app;

-- How PgBouncer learns what the app's password hashes to: one row, and of no superuser.
CREATE SCHEMA IF NOT EXISTS pgbouncer;
REVOKE ALL ON SCHEMA pgbouncer FROM PUBLIC;
GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer;
CREATE OR REPLACE FUNCTION pgbouncer.user_lookup(wanted text)
RETURNS TABLE (username text, password text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT rolname::text, rolpassword FROM pg_authid
    WHERE rolname = wanted AND rolname IN ('app', '{BRIDGE}') AND rolcanlogin
$$;
REVOKE ALL ON FUNCTION pgbouncer.user_lookup(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.user_lookup(text) TO pgbouncer;
"""


def canary() -> str:
    """SQL for the database of Uz's own: in it is written all the while when it is, so that a
    restored one tells up to when it goes."""
    return """\
-- Written by `uz render` from uz.toml.
SELECT 'CREATE DATABASE uz'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'uz') \\gexec
ALTER DATABASE uz OWNER TO postgres;
REVOKE ALL ON DATABASE uz FROM PUBLIC;
\\connect uz
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE TABLE IF NOT EXISTS public.canary (at timestamptz PRIMARY KEY);
ALTER TABLE public.canary OWNER TO postgres;
"""


def _ms(value: timedelta) -> str:
    return f"{round(value / timedelta(milliseconds=1))}ms"

-- Written by `uz render` from uz.toml.
SELECT format('CREATE ROLE %I', wanted.name)
FROM unnest('{owner,app,migrations,monitoring,pgbouncer,replication}'::text[]) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) \gexec

-- The schema's owner: nobody logs in as it.
ALTER ROLE owner NOLOGIN;

-- The app, through PgBouncer: reads and writes rows, and cannot change the schema.
ALTER ROLE app LOGIN CONNECTION LIMIT 25;
ALTER ROLE app SET statement_timeout = '2000ms';
ALTER ROLE app SET lock_timeout = '3000ms';
ALTER ROLE app SET idle_in_transaction_session_timeout = '2000ms';

-- Migrations, past PgBouncer: what they make is the owner's.
ALTER ROLE migrations LOGIN CONNECTION LIMIT 4;
GRANT owner TO migrations;
ALTER ROLE migrations SET role = 'owner';
ALTER ROLE migrations SET lock_timeout = '3000ms';
-- One that was killed gives its locks back before the app gives up on them.
ALTER ROLE migrations SET client_connection_check_interval = '1s';

ALTER ROLE monitoring LOGIN CONNECTION LIMIT 4;
GRANT pg_monitor TO monitoring;
ALTER ROLE monitoring SET statement_timeout = '10s';

ALTER ROLE pgbouncer LOGIN;
ALTER ROLE replication LOGIN REPLICATION;

SELECT 'CREATE DATABASE app OWNER owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'app') \gexec
ALTER DATABASE app OWNER TO owner;
REVOKE ALL ON DATABASE app FROM PUBLIC;
GRANT CONNECT ON DATABASE app TO app, migrations, monitoring, pgbouncer;
GRANT TEMPORARY ON DATABASE app TO app;

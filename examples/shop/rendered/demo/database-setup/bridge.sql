-- Written by `uz render` from uz.toml.
SELECT 'CREATE ROLE app_next'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_next') \gexec
GRANT app TO app_next;
ALTER ROLE app_next SET role = 'app';
ALTER ROLE app_next LOGIN CONNECTION LIMIT 25;
ALTER ROLE app_next SET statement_timeout = '2000ms';
ALTER ROLE app_next SET lock_timeout = '3000ms';
ALTER ROLE app_next SET idle_in_transaction_session_timeout = '2000ms';

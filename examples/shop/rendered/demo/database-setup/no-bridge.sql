-- Written by `uz render` from uz.toml.
SELECT 'ALTER ROLE app_next NOLOGIN'
WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_next') \gexec
SELECT pg_terminate_backend(pid, 5000)
FROM pg_stat_activity WHERE usename = 'app_next' \g /dev/null
DROP ROLE IF EXISTS app_next;

-- Written by `uz render` from uz.toml.
SELECT 'CREATE DATABASE uz'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'uz') \gexec
ALTER DATABASE uz OWNER TO postgres;
REVOKE ALL ON DATABASE uz FROM PUBLIC;
\connect uz
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE TABLE IF NOT EXISTS public.canary (at timestamptz PRIMARY KEY);
ALTER TABLE public.canary OWNER TO postgres;

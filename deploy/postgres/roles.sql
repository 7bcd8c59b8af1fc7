-- A role for each service, which owns a schema of its own and has no right to any other; the auditor reads all of them.
-- The image of PostgreSQL runs it once, when its data directory is new. To change passwords, or to give an installation
-- that has one role for all services a role for each, run it again as the superuser, with the passwords in the
-- environment; docs/databases.md says how.
\set ON_ERROR_STOP on
SELECT 'CREATE DATABASE comanda ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'comanda') \gexec
ALTER DATABASE comanda OWNER TO CURRENT_USER;
REVOKE ALL ON DATABASE comanda, postgres, template1 FROM PUBLIC;
\connect comanda
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- generated: roles, from packages/contracts/src/services.ts (npm run docs)
\getenv auditor_password AUDITOR_POSTGRES_PASSWORD
\getenv gateway_password GATEWAY_POSTGRES_PASSWORD
\getenv products_password PRODUCTS_POSTGRES_PASSWORD
\getenv orders_password ORDERS_POSTGRES_PASSWORD
\getenv payments_password PAYMENTS_POSTGRES_PASSWORD
\getenv webhooks_password WEBHOOKS_POSTGRES_PASSWORD
CREATE TEMP TABLE comanda_roles (role, password) AS VALUES
  ('auditor', :'auditor_password'),
  ('gateway', :'gateway_password'),
  ('products', :'products_password'),
  ('orders', :'orders_password'),
  ('payments', :'payments_password'),
  ('webhooks', :'webhooks_password');
-- end of generated: roles

SELECT format('CREATE ROLE %I', role)
FROM comanda_roles WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L', role, password),
       format('GRANT CONNECT ON DATABASE comanda TO %I', role)
FROM comanda_roles \gexec
ALTER ROLE auditor SET default_transaction_read_only = on;

-- The schemas of the services: no other may look into one, but for the auditor.
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', role),
       format('ALTER SCHEMA %1$I OWNER TO %1$I', role)
FROM comanda_roles WHERE role <> 'auditor' \gexec
SELECT format('ALTER TABLE %I.%I OWNER TO %I', schemaname, tablename, role)
FROM pg_tables JOIN comanda_roles ON role = schemaname WHERE tableowner <> role \gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO auditor', role),
       format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO auditor', role),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %1$I IN SCHEMA %1$I GRANT SELECT ON TABLES TO auditor', role)
FROM comanda_roles WHERE role <> 'auditor' \gexec

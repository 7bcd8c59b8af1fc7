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
SELECT 'CREATE ROLE auditor' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') \gexec
ALTER ROLE auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'auditor_password';
GRANT CONNECT ON DATABASE comanda TO auditor;
ALTER ROLE auditor SET default_transaction_read_only = on;

\getenv gateway_password GATEWAY_POSTGRES_PASSWORD
SELECT 'CREATE ROLE gateway' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway') \gexec
ALTER ROLE gateway LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'gateway_password';
GRANT CONNECT ON DATABASE comanda TO gateway;
CREATE SCHEMA IF NOT EXISTS gateway;
ALTER SCHEMA gateway OWNER TO gateway;
SELECT format('ALTER TABLE %I.%I OWNER TO gateway', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'gateway' AND tableowner <> 'gateway' \gexec
GRANT USAGE ON SCHEMA gateway TO auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA gateway TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE gateway IN SCHEMA gateway GRANT SELECT ON TABLES TO auditor;

\getenv products_password PRODUCTS_POSTGRES_PASSWORD
SELECT 'CREATE ROLE products' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'products') \gexec
ALTER ROLE products LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'products_password';
GRANT CONNECT ON DATABASE comanda TO products;
CREATE SCHEMA IF NOT EXISTS products;
ALTER SCHEMA products OWNER TO products;
SELECT format('ALTER TABLE %I.%I OWNER TO products', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'products' AND tableowner <> 'products' \gexec
GRANT USAGE ON SCHEMA products TO auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA products TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE products IN SCHEMA products GRANT SELECT ON TABLES TO auditor;

\getenv orders_password ORDERS_POSTGRES_PASSWORD
SELECT 'CREATE ROLE orders' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orders') \gexec
ALTER ROLE orders LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'orders_password';
GRANT CONNECT ON DATABASE comanda TO orders;
CREATE SCHEMA IF NOT EXISTS orders;
ALTER SCHEMA orders OWNER TO orders;
SELECT format('ALTER TABLE %I.%I OWNER TO orders', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'orders' AND tableowner <> 'orders' \gexec
GRANT USAGE ON SCHEMA orders TO auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA orders TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE orders IN SCHEMA orders GRANT SELECT ON TABLES TO auditor;

\getenv payments_password PAYMENTS_POSTGRES_PASSWORD
SELECT 'CREATE ROLE payments' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'payments') \gexec
ALTER ROLE payments LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'payments_password';
GRANT CONNECT ON DATABASE comanda TO payments;
CREATE SCHEMA IF NOT EXISTS payments;
ALTER SCHEMA payments OWNER TO payments;
SELECT format('ALTER TABLE %I.%I OWNER TO payments', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'payments' AND tableowner <> 'payments' \gexec
GRANT USAGE ON SCHEMA payments TO auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA payments TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE payments IN SCHEMA payments GRANT SELECT ON TABLES TO auditor;

\getenv webhooks_password WEBHOOKS_POSTGRES_PASSWORD
SELECT 'CREATE ROLE webhooks' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'webhooks') \gexec
ALTER ROLE webhooks LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'webhooks_password';
GRANT CONNECT ON DATABASE comanda TO webhooks;
CREATE SCHEMA IF NOT EXISTS webhooks;
ALTER SCHEMA webhooks OWNER TO webhooks;
SELECT format('ALTER TABLE %I.%I OWNER TO webhooks', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'webhooks' AND tableowner <> 'webhooks' \gexec
GRANT USAGE ON SCHEMA webhooks TO auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA webhooks TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE webhooks IN SCHEMA webhooks GRANT SELECT ON TABLES TO auditor;
-- end of generated: roles

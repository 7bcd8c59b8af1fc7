import { DATABASE_OWNERS } from '@comanda/contracts';
import { withSection } from './section.js';

/** Reads the databases of all services, and may change none. */
const READER = 'auditor';

/** The password of a role, as an environment variable for `psql` and as the variable that it becomes there. */
const passwordOf = (role: string) => ({
  environment: `${role.toUpperCase()}_POSTGRES_PASSWORD`,
  variable: `${role}_password`,
});

/** The settings that hold the passwords of the roles. */
export const POSTGRES_PASSWORDS: readonly string[] = [
  READER,
  ...DATABASE_OWNERS.map(({ alias }) => alias),
].map((role) => passwordOf(role).environment);

/** The statements that make a role for each service, with a schema that no other may look into. */
export const postgresRoles = (text: string): string =>
  withSection(text, 'roles', [
    ...roleOf(READER),
    `ALTER ROLE ${READER} SET default_transaction_read_only = on;`,
    ...DATABASE_OWNERS.flatMap(({ alias }) => ['', ...roleOf(alias), ...schemaOf(alias)]),
  ]);

function roleOf(name: string): string[] {
  const { environment, variable } = passwordOf(name);
  return [
    `\\getenv ${variable} ${environment}`,
    `SELECT 'CREATE ROLE ${name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec`,
    `ALTER ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'${variable}';`,
    `GRANT CONNECT ON DATABASE comanda TO ${name};`,
  ];
}

const schemaOf = (name: string): string[] => [
  `CREATE SCHEMA IF NOT EXISTS ${name};`,
  `ALTER SCHEMA ${name} OWNER TO ${name};`,
  `SELECT format('ALTER TABLE %I.%I OWNER TO ${name}', schemaname, tablename)`,
  `FROM pg_tables WHERE schemaname = '${name}' AND tableowner <> '${name}' \\gexec`,
  `GRANT USAGE ON SCHEMA ${name} TO ${READER};`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO ${READER};`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${name} IN SCHEMA ${name} GRANT SELECT ON TABLES TO ${READER};`,
];

/** Who may log in over the network: each service, and never the superuser. */
export const postgresAccess = (text: string): string =>
  withSection(
    text,
    'roles',
    [READER, ...DATABASE_OWNERS.map(({ alias }) => alias)].map(
      (role) => `host    comanda   ${role.padEnd(9)} all      scram-sha-256`,
    ),
  );

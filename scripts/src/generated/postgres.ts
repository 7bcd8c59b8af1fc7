import { DATABASE_OWNERS } from '@comanda/contracts';
import { withSection } from './section.js';

/** The auditor, which reads the databases of all services and may change none, and each service. */
const ROLES = ['auditor', ...DATABASE_OWNERS.map(({ alias }) => alias)];

const passwordSettingOf = (role: string): string => `${role.toUpperCase()}_POSTGRES_PASSWORD`;

/** The settings that hold the passwords of the roles. */
export const POSTGRES_PASSWORDS: readonly string[] = ROLES.map(passwordSettingOf);

/** The table of the roles, with which the statements around it make each of them. */
export const postgresRoles = (text: string): string =>
  withSection(text, 'roles', [
    ...ROLES.map((role) => `\\getenv ${role}_password ${passwordSettingOf(role)}`),
    'CREATE TEMP TABLE comanda_roles (role, password) AS VALUES',
    `${ROLES.map((role) => `  ('${role}', :'${role}_password')`).join(',\n')};`,
  ]);

/** Who may log in over the network: each service, and never the superuser. */
export const postgresAccess = (text: string): string =>
  withSection(
    text,
    'roles',
    ROLES.map((role) => `host    comanda   ${role.padEnd(9)} all      scram-sha-256`),
  );

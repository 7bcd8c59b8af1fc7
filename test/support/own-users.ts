import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import {
  type BrokerAccount,
  DATABASE_OWNERS,
  type DatabaseName,
  perDatabase,
  SERVICES,
} from '@comanda/contracts';
import type { PostgresServer, RabbitMqServer } from '@comanda/local-infra';

const DEPLOY = resolve(import.meta.dirname, '../../deploy');
const passwordOf = (name: string): string => `the-password-of-${name}`;

/**
 * Makes the users, queues and bindings on a broker as an operator does.
 *
 * @param passwords other ones than those that `brokerUrlOf` knows, by their settings
 */
export async function makeBrokerUsers(
  rabbit: Pick<RabbitMqServer, 'ctl'>,
  passwords: Readonly<Record<string, string>> = {},
): Promise<void> {
  const accounts = [
    ...SERVICES.map(({ name, alias }) => ({ name, alias })),
    { name: 'operator', alias: 'operator' },
  ];
  const env = Object.fromEntries(
    accounts.map(({ name, alias }) => [`${alias.toUpperCase()}_RABBITMQ_PASSWORD`, passwordOf(name)]),
  );
  // While a password is changed there are two users.
  env.ORDERS_RABBITMQ_PASSWORD_B = passwordOf('orders-service.b');
  const definitions = execFileSync(process.execPath, [join(DEPLOY, 'rabbitmq/definitions.mjs')], {
    env: { ...process.env, ...env, ...passwords },
  });
  // The text itself and not a file: the node may be in a container.
  await rabbit.ctl(
    'eval',
    `rabbit_definitions:import_raw(base64:decode(<<"${definitions.toString('base64')}">>)).`,
  );
}

/** The broker, for a user. */
export function brokerUrlOf(url: string, account: BrokerAccount | 'orders-service.b'): string {
  const own = new URL(url);
  own.username = account;
  own.password = passwordOf(account);
  return own.href;
}

type Role = DatabaseName | 'auditor';

/** Makes the roles and schemas on a PostgreSQL as an operator does. */
export async function makePostgresRoles(postgres: PostgresServer): Promise<void> {
  const roles: Role[] = ['auditor', ...DATABASE_OWNERS.map(({ alias }) => alias)];
  await postgres.exec(
    'psql',
    ...['--quiet', '--no-psqlrc', '--output=/dev/null', '--file', join(DEPLOY, 'postgres/roles.sql')],
    ...roles.map((role) => `--set=${role}_password=${passwordOf(role)}`),
    postgres.adminUrl,
  );
}

/** A service's schema, for a role: its own, or the auditor's. */
export function schemaUrlOf(
  { url }: Pick<PostgresServer, 'url'>,
  schema: DatabaseName,
  role: Role = schema,
): string {
  const own = new URL(url);
  own.username = role;
  own.password = passwordOf(role);
  own.searchParams.set('schema', schema);
  return own.href;
}

/** Where each service's schema is, for the service itself or for the auditor. */
export const databaseSettings = (postgres: PostgresServer, reader?: 'auditor'): Record<string, string> => {
  const urls = perDatabase(({ alias }) => schemaUrlOf(postgres, alias, reader ?? alias));
  return Object.fromEntries(DATABASE_OWNERS.map(({ alias, database }) => [database.variable, urls[alias]]));
};

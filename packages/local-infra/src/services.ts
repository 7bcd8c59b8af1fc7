import { join } from 'node:path';
import { DATABASE_OWNERS, type DatabaseName, serviceNamed } from '@comanda/contracts';

const GATEWAY = serviceNamed('api-gateway');

/** A port for each service of a platform, by its alias, and `metrics`: the gateway's own for operators. */
export type ServicePorts = Readonly<Record<DatabaseName | 'metrics', number>>;

export interface EnvironmentOptions {
  readonly rabbitUrl: string;
  readonly redisUrl: string;
  /** Where the SQLite files live. */
  readonly directory: string;
  readonly ports: ServicePorts;
  /** Added last, so they win: JWT_SECRET, COMANDA_DEMO, WEBHOOK_..., TELEGRAM_..., whatever a test needs. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The configuration that all services of one installation share, by the names in `.env.example`. */
export function serviceEnvironment(options: EnvironmentOptions): Record<string, string> {
  const environment: Record<string, string> = {
    RABBITMQ_URL: options.rabbitUrl,
    REDIS_URL: options.redisUrl,
    // Whatever the operator's own setting is: these are for this machine alone.
    BIND_HOST: '127.0.0.1',
    // Long enough to be accepted outside demo mode, too; the launcher sets a random secret.
    JWT_SECRET: 'only-for-tests-never-outside-loopback-0123456789abcdef',
    WEBHOOK_ENCRYPTION_KEYS: 'tests:only-for-tests-never-outside-loopback-fedcba9876543210',
  };
  for (const { alias, port, database } of DATABASE_OWNERS) {
    environment[port.variable] = String(options.ports[alias]);
    environment[database.variable] = `sqlite:${join(options.directory, database.file)}`;
  }
  environment[GATEWAY.metricsPort.variable] = String(options.ports.metrics);
  return { ...environment, ...options.env };
}

/**
 * The part of our own environment that a service inherits: all but the settings of this process, because a test
 * runner's settings would change how a service behaves.
 */
export function inheritedEnvironment(source: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const own = new Set(['NODE_OPTIONS', 'JEST_WORKER_ID', 'NODE_CHANNEL_FD']);
  if (source.NODE_ENV === 'test') own.add('NODE_ENV');
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && !own.has(name)) inherited[name] = value;
  }
  return inherited;
}

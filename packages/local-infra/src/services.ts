import { join } from 'node:path';

export type ServiceName = 'gateway' | 'products' | 'orders' | 'payments' | 'webhooks';

export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Folder at the top of the repository. */
  readonly folder: string;
  readonly portVariable: string;
  readonly defaultPort: number;
  readonly databaseVariable: string;
}

/** The five services, in the order of their ports. */
export const SERVICES: readonly ServiceDefinition[] = [
  define('gateway', 'api-gateway', 3000),
  define('products', 'products-service', 3001),
  define('orders', 'orders-service', 3002),
  define('payments', 'payments-service', 3003),
  define('webhooks', 'webhook-publisher', 3004),
];

/** Reads the services' databases; none of its own, and nobody's customer, so not one of the five. */
export const AUDITOR = {
  name: 'auditor',
  folder: 'auditor',
  portVariable: 'AUDITOR_PORT',
  defaultPort: 3005,
} as const;

export type ServicePorts = Readonly<Record<ServiceName, number>>;

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
    // Long enough to be accepted outside demo mode too; the launcher brings a random one of its own.
    JWT_SECRET: 'only-for-tests-never-outside-loopback-0123456789abcdef',
  };
  for (const { name, portVariable, databaseVariable } of SERVICES) {
    environment[portVariable] = String(options.ports[name]);
    environment[databaseVariable] = `sqlite:${join(options.directory, `${name}.db`)}`;
  }
  return { ...environment, ...options.env };
}

/**
 * What a service inherits from our own environment: all but what was meant for this very process
 * (a test runner's settings would change how a service behaves).
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

function define(name: ServiceName, folder: string, defaultPort: number): ServiceDefinition {
  const prefix = name.toUpperCase();
  return {
    name,
    folder,
    defaultPort,
    portVariable: `${prefix}_PORT`,
    databaseVariable: `${prefix}_DATABASE_URL`,
  };
}

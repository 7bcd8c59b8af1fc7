import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { perDatabase, type ServiceName, serviceNamed } from '@comanda/contracts';
import { brokersIn, withTrustedCa } from '@comanda/kit';
import { HOUSEKEEPING, type HousekeepingSettings } from '@comanda/operations';
import { problemOfDatabaseUrl } from '@comanda/storage';
import { z } from 'zod';
import type { RedisSettings } from './redis.js';
import { bindHost, ConfigurationError, days, readSettings, wholeNumber, yesNo } from './settings.js';

/** `sqlite:path`, relative to the working directory, or `postgres://user:password@host:port/database?schema=name`. */
export const databaseUrl = (standard: string) =>
  z
    .string()
    .superRefine((url, problems) => {
      const message = problemOfDatabaseUrl(url);
      if (message !== undefined) problems.addIssue({ code: 'custom', message });
    })
    .default(standard);

const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url);

/** A standby of a service's database, for lists (docs/databases.md). */
export const readsUrl = z
  .string()
  .superRefine((url, problems) => {
    const message = isPostgres(url)
      ? problemOfDatabaseUrl(url)
      : 'must be postgres://user:password@host:port/database';
    if (message !== undefined) problems.addIssue({ code: 'custom', message });
  })
  .optional();

/**
 * The standby of a service's database.
 *
 * @throws ConfigurationError when the database is one that has none
 */
export function readsUrlOf(options: {
  readonly service: ServiceName;
  readonly databaseUrl: string;
  readonly readsUrl?: string | undefined;
}): string | undefined {
  const { service, databaseUrl, readsUrl: url } = options;
  const { alias } = serviceNamed(service);
  if (url !== undefined && !isPostgres(databaseUrl))
    throw new ConfigurationError([
      `${alias.toUpperCase()}_READS_URL: needs ${alias.toUpperCase()}_DATABASE_URL to be a PostgreSQL`,
    ]);
  return url;
}

/** Where all databases are, for one who reads them all; the variables belong to the services that own them. */
export const databaseUrls = z.record(z.string(), z.string().optional()).transform((environment, problems) =>
  perDatabase(({ database: { variable, file } }) => {
    const url = databaseUrl(`sqlite:.comanda/data/${file}`).safeParse(environment[variable]);
    if (url.success) return url.data;
    for (const { message } of url.error.issues)
      problems.addIssue({ code: 'custom', path: [variable], message });
    return z.NEVER;
  }),
);

/** A file of certificates, in PEM. */
const certificates = z.string().refine(
  (file) => {
    try {
      return new X509Certificate(readFileSync(file)).subject !== undefined;
    } catch {
      return false; // not there, not readable, or not a certificate: all the same to the operator who sets it
    }
  },
  { error: 'must be the path of a readable file with certificates in PEM' },
);
const BrokerUrl = z.url({ protocol: /^amqps?$/ });

/** One broker, or the nodes of one, with commas between. */
const brokerUrls = z
  .string()
  .refine((urls) => brokersIn(urls).every((url) => BrokerUrl.safeParse(url).success), {
    error:
      'must be amqp://user:password@host:port, or several with commas between (a comma of a password is %2C)',
    abort: true,
  })
  .refine((urls) => new Set(brokersIn(urls).map(sharedByNodes)).size === 1, {
    error: 'all its brokers must be one: the same protocol, user and virtual host',
  });

/** The account of a service is known by the name of its user, and what waits is in one virtual host. */
function sharedByNodes(url: string): string {
  const { protocol, username, pathname } = new URL(url);
  return JSON.stringify([protocol, username, pathname]);
}

/** The settings of every service. */
export const commonSettings = {
  RABBITMQ_URL: brokerUrls.default('amqp://guest:guest@localhost:5672'),
  /** Who must have signed the certificate of a broker at amqps://; the authorities that Node trusts when left out. */
  RABBITMQ_CA: certificates.optional(),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be redis://:password@host:port' })
    .default('redis://localhost:6379'),
  /** The same of a Redis at rediss://. */
  REDIS_CA: certificates.optional(),
  /** Stands before each key, so that several installations can share one Redis. */
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w:.-]{1,64}$/, 'must be at most 64 letters, digits and : . _ -')
    .default(''),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  COMANDA_DEMO: yesNo(false),
  BIND_HOST: bindHost,
  /** How often housekeeping removes old rows. */
  HOUSEKEEPING_EVERY_SECONDS: wholeNumber(HOUSEKEEPING.everySeconds, 1, 7 * 24 * 3600),
  /** For how long what the broker has confirmed is kept, to be said again after a restore; 0: not at all. */
  OUTBOX_KEPT_SECONDS: wholeNumber(0, 0, 24 * 3600),
  /** How long after its death a dead letter may be replayed; the inboxes must remember for longer. */
  DEAD_LETTER_REPLAY_DAYS: wholeNumber(HOUSEKEEPING.deadLetterReplayDays, 0, 36_500),
};

/**
 * The broker of the configuration, with whom to trust there.
 *
 * @throws ConfigurationError when it names authorities for a connection without TLS
 */
export const rabbitUrlOf = (config: { RABBITMQ_URL: string; RABBITMQ_CA?: string | undefined }): string =>
  brokersIn(config.RABBITMQ_URL)
    .map((url) => trusting('RABBITMQ', url, config.RABBITMQ_CA, 'amqps:'))
    .join(',');

const BrokerSettings = z.object({
  RABBITMQ_URL: commonSettings.RABBITMQ_URL,
  RABBITMQ_CA: commonSettings.RABBITMQ_CA,
});

/**
 * The same of an environment, for those who need no other setting.
 *
 * @throws ConfigurationError
 */
export const rabbitUrlIn = (environment: NodeJS.ProcessEnv): string =>
  rabbitUrlOf(readSettings(BrokerSettings, environment));

function trusting(server: string, url: string, file: string | undefined, secured: string): string {
  if (file === undefined) return url;
  if (new URL(url).protocol !== secured)
    throw new ConfigurationError([`${server}_CA: needs a ${server}_URL that begins with ${secured}//`]);
  return withTrustedCa(url, file);
}

/** Further settings of every service that handles messages. */
export const inboxSettings = {
  INBOX_RETENTION_DAYS: days(HOUSEKEEPING.inboxRetentionDays),
};

/** What every service that handles messages reads. */
export type ServiceConfig = z.output<z.ZodObject<typeof commonSettings & typeof inboxSettings>>;

export const housekeepingOf = (config: ServiceConfig): HousekeepingSettings => ({
  everySeconds: config.HOUSEKEEPING_EVERY_SECONDS,
  inboxRetentionDays: config.INBOX_RETENTION_DAYS,
  deadLetterReplayDays: config.DEAD_LETTER_REPLAY_DAYS,
});

/**
 * Redis of the configuration, with whom to trust there.
 *
 * @throws ConfigurationError when it names authorities for a connection without TLS
 */
export const redisOf = (config: {
  REDIS_URL: string;
  REDIS_CA?: string | undefined;
  REDIS_PREFIX: string;
}): RedisSettings => ({
  url: trusting('REDIS', config.REDIS_URL, config.REDIS_CA, 'rediss:'),
  prefix: config.REDIS_PREFIX,
});

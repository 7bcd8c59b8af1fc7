import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { withTrustedCa } from '@comanda/kit';
import { HOUSEKEEPING, type HousekeepingSettings } from '@comanda/operations';
import { problemOfDatabaseUrl } from '@comanda/storage';
import { z } from 'zod';
import type { RedisSettings } from './redis.js';

/** A whole number of a setting, e.g. a port. */
const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));

export const port = (standard: number) => whole(1, 65_535).default(standard);
export const wholeNumber = (standard: number, min = 0, max = Number.MAX_SAFE_INTEGER) =>
  whole(min, max).default(standard);
/** How long something is kept: at least a day. */
export const days = (standard: number) => wholeNumber(standard, 1, 36_500);
export const yesNo = (standard: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(standard);

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Where a service of others is that gets a secret of ours: plain HTTP would send it in the clear, except to this
 * machine.
 */
export const apiBaseUrl = (standard: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine((text) => {
      const { protocol, hostname } = new URL(text);
      return protocol === 'https:' || LOOPBACK.test(hostname);
    }, 'must be https, except on loopback')
    .default(standard);

/** `sqlite:path`, relative to the working directory, or `postgres://user:password@host:port/database?schema=name`. */
export const databaseUrl = (standard: string) =>
  z
    .string()
    .superRefine((url, problems) => {
      const message = problemOfDatabaseUrl(url);
      if (message !== undefined) problems.addIssue({ code: 'custom', message });
    })
    .default(standard);

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
/** Where a process listens: loopback unless the operator opens it. */
export const bindHost = z
  .string()
  .refine(
    (host) => isIP(host) !== 0 || host === 'localhost',
    'must be an address of this machine: 127.0.0.1, 0.0.0.0 for all of IPv4, :: for all',
  )
  .default('127.0.0.1');

/** The settings of every service. */
export const commonSettings = {
  RABBITMQ_URL: z
    .url({ protocol: /^amqps?$/, error: 'must be amqp://user:password@host:port' })
    .default('amqp://guest:guest@localhost:5672'),
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
  /** How long after its death a dead letter may be replayed; the inboxes must remember for longer. */
  DEAD_LETTER_REPLAY_DAYS: wholeNumber(HOUSEKEEPING.deadLetterReplayDays, 0, 36_500),
};

/**
 * The broker of the configuration, with whom to trust there.
 *
 * @throws ConfigurationError when it names authorities for a connection without TLS
 */
export const rabbitUrlOf = (config: { RABBITMQ_URL: string; RABBITMQ_CA?: string | undefined }): string =>
  trusting('RABBITMQ', config.RABBITMQ_URL, config.RABBITMQ_CA, 'amqps:');

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

/** The configuration is not usable; each problem is one line that names the variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

type Environment = Record<string, string | undefined>;

/**
 * Reads the settings of a process from its environment. An empty variable counts as one that is not set. Throws
 * `ConfigurationError`.
 */
export function readConfig<S extends z.ZodType>(schema: S, environment: Environment): z.output<S> {
  // Every process reads its settings here, so none can forget the rule.
  const forbidden =
    environment.COMANDA_DEMO === 'true' && environment.NODE_ENV === 'production'
      ? ['COMANDA_DEMO: its passwords are published; unset it, or NODE_ENV must not be production']
      : [];
  return readSettings(schema, environment, forbidden);
}

/** Some of the settings, without the rules that hold for all of them. */
export function readSettings<S extends z.ZodType>(
  schema: S,
  environment: Environment,
  forbidden: readonly string[] = [],
): z.output<S> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success && forbidden.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  throw new ConfigurationError([
    ...forbidden,
    ...issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`),
  ]);
}

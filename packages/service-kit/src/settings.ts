import { isIP } from 'node:net';
import { z } from 'zod';

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

/** Where something of others is whose word or secrecy counts: plain HTTP would let anybody in between change or read it. */
export const trustedUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}, 'must be https, except on loopback');

/** Where a service of others is that gets a secret of ours. */
export const apiBaseUrl = (standard: string) => trustedUrl.default(standard);

/** Where the world reaches the gateway, without a trailing slash. */
export const publicUrl = trustedUrl
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment')
  .transform((text) => text.replace(/\/+$/, ''))
  .optional();

/** Where a process listens: loopback unless the operator opens it. */
export const bindHost = z
  .string()
  .refine(
    (host) => isIP(host) !== 0 || host === 'localhost',
    'must be an address of this machine: 127.0.0.1, 0.0.0.0 for all of IPv4, :: for all',
  )
  .default('127.0.0.1');

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

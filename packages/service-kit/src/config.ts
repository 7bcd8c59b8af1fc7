import { z } from 'zod';

/** A whole number of a setting, e.g. a port. */
const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));

export const port = (standard: number) => whole(1, 65_535).default(standard);
export const wholeNumber = (standard: number, min = 0, max = Number.MAX_SAFE_INTEGER) =>
  whole(min, max).default(standard);
export const yesNo = (standard: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(standard);

/** `sqlite:path`, relative to the working directory. */
export const databaseUrl = (standard: string) =>
  z
    .string()
    .regex(/^sqlite:.+/, 'must be sqlite:path')
    .default(standard);

/** What every service is configured with. */
export const commonSettings = {
  RABBITMQ_URL: z
    .url({ protocol: /^amqps?$/, error: 'must be amqp://user:password@host:port' })
    .default('amqp://guest:guest@localhost:5672'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be redis://host:port' })
    .default('redis://localhost:6379'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  COMANDA_DEMO: yesNo(false),
};

/** What those are configured with who put dead letters back: the gateway, and the command line. */
export const deadLetterSettings = {
  /** Must be less than the inbox remembers. */
  DEAD_LETTER_REPLAY_DAYS: wholeNumber(14, 1, 3_650),
};

/** The configuration is not usable; each problem is one line that names the variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads settings from the environment. An empty variable counts as one that is not set. Throws `ConfigurationError`. */
export function readConfig<S extends z.ZodType>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.output<S> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`),
  );
}

import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be a secret that begins with "whsec_"');
/** An empty variable means the same as none. */
const optional = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text));

const environment = z.object({
  RECEIVERS_HOST: z.string().default('127.0.0.1'),
  LOGGER_RECEIVER_PORT: port.default(3011),
  LOGGER_RECEIVER_SECRET: secret,
  LOGGER_DATABASE: z.string().min(1).default('receivers.db'),
  NOTIFIER_RECEIVER_PORT: port.default(3012),
  NOTIFIER_RECEIVER_SECRET: secret,
  TELEGRAM_API_ROOT: optional,
  TELEGRAM_BOT_TOKEN: optional,
  TELEGRAM_CHAT_ID: optional,
});

export type ReceiversConfig = z.output<typeof environment>;

export type ConfigParsing =
  | { readonly ok: true; readonly config: ReceiversConfig }
  /** One line for each variable that is missing or wrong. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the receivers' configuration from the environment. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ConfigParsing {
  const parsed = environment.safeParse(env);
  if (parsed.success) return { ok: true, config: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  };
}

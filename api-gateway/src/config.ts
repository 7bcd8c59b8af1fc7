import {
  bindHost,
  commonSettings,
  databaseUrl,
  days,
  port,
  readConfig,
  wholeNumber,
} from '@comanda/service-kit';
import { z } from 'zod';
import { ForeignIssuerSetting } from './auth/foreign-issuer-settings.js';
import { randomSecret, weaknessOf } from './auth/jwt-secret.js';
import { Origins } from './http/cors.js';
import { networks } from './http/networks.js';
import { callbackSettings } from './payments/index.js';
import { twilioSettings } from './sms/twilio-callback.js';

/** Where the gateway keeps what it keeps; the commands of operators work on it as well. */
export const gatewayDatabase = { GATEWAY_DATABASE_URL: databaseUrl('sqlite:.comanda/data/gateway.db') };

/**
 * The secret that signs tokens, and those that did before. Demo mode makes a new one at each start, so that nobody has
 * to choose one.
 */
const SigningSecrets = z
  .object({
    JWT_SECRET: z.string().default(''),
    JWT_PREVIOUS_SECRETS: z.string().default(''),
    COMANDA_DEMO: z.string().optional(),
  })
  .transform(({ JWT_SECRET: secret, JWT_PREVIOUS_SECRETS: previous, COMANDA_DEMO: demo }, problems) => {
    const older = previous === '' ? [] : previous.split(',').map((text) => text.trim());
    if (demo === 'true') return { JWT_SECRET: secret || randomSecret(), JWT_PREVIOUS_SECRETS: older };
    const weakness = weaknessOf(secret);
    if (weakness !== undefined)
      problems.addIssue({ code: 'custom', path: ['JWT_SECRET'], message: weakness });
    // A weak one that only verifies lets an attacker sign all the same.
    for (const [at, one] of older.entries()) {
      const why = weaknessOf(one);
      if (why !== undefined)
        problems.addIssue({
          code: 'custom',
          path: ['JWT_PREVIOUS_SECRETS'],
          message: `number ${at + 1} ${why}`,
        });
    }
    return { JWT_SECRET: secret, JWT_PREVIOUS_SECRETS: older };
  });

/** How long a client may take to send its headers, and a whole request. */
const Patience = z
  .object({
    HEADERS_TIMEOUT_MS: wholeNumber(10_000, 1, 600_000),
    REQUEST_TIMEOUT_MS: wholeNumber(30_000, 1, 600_000),
  })
  .refine(({ HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS }) => HEADERS_TIMEOUT_MS <= REQUEST_TIMEOUT_MS, {
    path: ['HEADERS_TIMEOUT_MS'],
    message: 'must not be longer than REQUEST_TIMEOUT_MS, of which it is a part',
  });

/** All parts are always checked, so that all problems are reported at once. */
const GatewayConfig = z.intersection(
  z.intersection(z.intersection(SigningSecrets, Patience), ForeignIssuerSetting),
  z.object({
    ...commonSettings,
    GATEWAY_PORT: port(3000),
    /** Where operators find metrics and the details of its health. */
    METRICS_PORT: port(9464),
    METRICS_HOST: bindHost,
    ...gatewayDatabase,
    /** What tokens say of who issued them (`iss`); tokens of another issuer are refused. */
    TOKEN_ISSUER: z.string().max(200).default('comanda'),
    /** Whose pages may call the API from a browser; nobody's when left out. */
    CORS_ORIGINS: Origins.default([]),
    /** How long a session may last, from its log-in and from its last refresh. */
    SESSION_DAYS: days(30),
    SESSION_IDLE_DAYS: days(7),
    RATE_LIMIT_PER_MINUTE: wholeNumber(6_000),
    /** How often one address may log in or register in a minute; 0 for any number. */
    AUTH_RATE_LIMIT_PER_MINUTE: wholeNumber(60),
    /** How long it goes on serving after it was told to stop, while those in front of it learn that it is not ready. */
    SHUTDOWN_DELAY_SECONDS: wholeNumber(0, 0, 600),
    /** The proxies in front of the gateway, whose word on the address of a caller is taken. */
    TRUSTED_PROXIES: networks(),
    MAX_CONNECTIONS: wholeNumber(10_000, 1),
    MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1_000, 1),
    /** How long a key that was used is refused to requests with another body. */
    IDEMPOTENCY_KEY_RETENTION_DAYS: wholeNumber(90, 2, 36_500),
    /** How long an order waits for products-service to say whether its products are for sale, before it is accepted. */
    PRODUCT_LOOK_UP_MS: wholeNumber(100, 1, 10_000),
    ...callbackSettings,
    ...twilioSettings,
  }),
);

export type GatewayConfig = z.output<typeof GatewayConfig>;

/** The configuration of the gateway; throws `ConfigurationError` with one line per problem. */
export const readGatewayConfig = (environment: Record<string, string | undefined>): GatewayConfig =>
  readConfig(GatewayConfig, environment);

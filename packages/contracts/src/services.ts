/**
 * The manifest of services. Whatever lists services reads it, or is generated from it and checked: topology, auditor,
 * launcher, tests, Dockerfile, docker-compose.yml, .env.example. This file imports nothing, so that plain JavaScript
 * (jest.config.mjs, bench/) can load it as it is.
 */
interface Entry {
  /** Also the name of its folder at the top of the repository. */
  readonly name: string;
  /** Its name where space is short: database, volume, instances (`orders#2`), prefix of its settings. */
  readonly alias: string;
  readonly summary: string;
  readonly port: { readonly variable: string; readonly standard: number };
  /** Listens on all interfaces; the others serve health and metrics on loopback only. */
  readonly public?: true;
  /** Reaches servers on the internet; the others reach those of the installation alone. */
  readonly reachesInternet?: true;
  /** Where it serves metrics and the details of its health, when its port is open to clients. */
  readonly metricsPort?: { readonly variable: string; readonly standard: number };
  /** The SQLite file, unless the variable says otherwise. */
  readonly database?: { readonly variable: string; readonly file: string };
  /** The queues of its events and commands, and of its queries. A service without queues handles no messages. */
  readonly queues?: { readonly messages: string; readonly queries: string };
  /** Reads the databases of all the others and changes none, so it starts after them. */
  readonly readsAllDatabases?: true;
  /**
   * Settings of its own (.env.example explains each), besides port, database, what all services share, and what its
   * payment providers or channels declare themselves.
   */
  readonly settings: readonly string[];
}

export const SERVICES = [
  {
    name: 'api-gateway',
    alias: 'gateway',
    summary: 'the only public HTTP entry; accounts, tokens, idempotency keys',
    port: { variable: 'GATEWAY_PORT', standard: 3000 },
    public: true,
    metricsPort: { variable: 'METRICS_PORT', standard: 9464 },
    database: { variable: 'GATEWAY_DATABASE_URL', file: 'gateway.db' },
    settings: [
      'JWT_SECRET',
      'JWT_PREVIOUS_SECRETS',
      'TOKEN_ISSUER',
      'SESSION_DAYS',
      'SESSION_IDLE_DAYS',
      'AUTH_ISSUER',
      'AUTH_JWKS_URL',
      'AUTH_AUDIENCE',
      'AUTH_TENANT_CLAIM',
      'AUTH_ROLE_CLAIM',
      'AUTH_ROLES',
      'AUTH_SCOPES_CLAIM',
      'CORS_ORIGINS',
      'RATE_LIMIT_PER_MINUTE',
      'AUTH_RATE_LIMIT_PER_MINUTE',
      'TRUSTED_PROXIES',
      'SHUTDOWN_DELAY_SECONDS',
      'MAX_CONNECTIONS',
      'MAX_CONNECTIONS_PER_ADDRESS',
      'HEADERS_TIMEOUT_MS',
      'REQUEST_TIMEOUT_MS',
      'PRODUCT_LOOK_UP_MS',
      'IDEMPOTENCY_KEY_RETENTION_DAYS',
      'PUBLIC_URL',
      'TWILIO_AUTH_TOKEN',
    ],
  },
  {
    name: 'products-service',
    alias: 'products',
    summary: 'catalogue, stock, reservations that expire, movements',
    port: { variable: 'PRODUCTS_PORT', standard: 3001 },
    database: { variable: 'PRODUCTS_DATABASE_URL', file: 'products.db' },
    queues: { messages: 'products_queue', queries: 'products_queries' },
    settings: ['PRODUCTS_READS_URL', 'RESERVATION_TTL_SECONDS'],
  },
  {
    name: 'orders-service',
    alias: 'orders',
    summary: 'the life of an order, its timeline, its own copy of the price list',
    port: { variable: 'ORDERS_PORT', standard: 3002 },
    database: { variable: 'ORDERS_DATABASE_URL', file: 'orders.db' },
    queues: { messages: 'orders_queue', queries: 'orders_queries' },
    settings: ['ORDERS_READS_URL', 'TIMELINE_RETENTION_DAYS'],
  },
  {
    name: 'payments-service',
    alias: 'payments',
    summary: 'charges and refunds through a provider',
    port: { variable: 'PAYMENTS_PORT', standard: 3003 },
    database: { variable: 'PAYMENTS_DATABASE_URL', file: 'payments.db' },
    queues: { messages: 'payments_queue', queries: 'payments_queries' },
    reachesInternet: true,
    settings: ['PAYMENT_PROVIDER'],
  },
  {
    name: 'webhook-publisher',
    alias: 'webhooks',
    summary: 'subscriptions, signed deliveries with history, Telegram',
    port: { variable: 'WEBHOOKS_PORT', standard: 3004 },
    database: { variable: 'WEBHOOKS_DATABASE_URL', file: 'webhooks.db' },
    queues: { messages: 'webhooks_queue', queries: 'webhooks_queries' },
    reachesInternet: true,
    settings: [
      'WEBHOOKS_READS_URL',
      'WEBHOOK_ENCRYPTION_KEYS',
      'WEBHOOK_RETRY_SECONDS',
      'WEBHOOK_TIMEOUT_MS',
      'WEBHOOK_MAX_SUBSCRIPTIONS',
      'DELIVERY_RETENTION_DAYS',
      'CONTACT_RETENTION_DAYS',
      'TEMPLATES_DIR',
    ],
  },
  {
    name: 'auditor',
    alias: 'auditor',
    summary: 'reads what all services wrote, and says what is wrong with it',
    port: { variable: 'AUDITOR_PORT', standard: 3005 },
    readsAllDatabases: true,
    settings: [
      'RESERVATION_TTL_SECONDS',
      'AUDIT_INTERVAL_SECONDS',
      'AUDIT_GRACE_SECONDS',
      'AUDIT_HISTORY_DAYS',
    ],
  },
] as const satisfies readonly Entry[];

export type Service = (typeof SERVICES)[number];
export type ServiceName = Service['name'];

/** A service with a database of its own: all but the auditor. */
export type DatabaseOwner = Extract<Service, { readonly database: object }>;
/** The alias of a service, as the name of its database. */
export type DatabaseName = DatabaseOwner['alias'];
/** A service with queues: one that handles messages. */
export type ConsumingService = Extract<Service, { readonly queues: object }>;
export type ConsumerName = ConsumingService['name'];

export const DATABASE_OWNERS: readonly DatabaseOwner[] = SERVICES.filter((service) => 'database' in service);
export const CONSUMING_SERVICES: readonly ConsumingService[] = SERVICES.filter(
  (service) => 'queues' in service,
);

/**
 * What the memory allocator is told: to give back at once what is large. It would keep the 19 MiB that a password's hash
 * takes for a moment, once for each thread.
 */
export const ALLOCATOR_SETTINGS = { MALLOC_MMAP_THRESHOLD_: '1048576' } as const;

export function serviceNamed<Name extends ServiceName>(
  name: Name,
): Extract<Service, { readonly name: Name }> {
  const found = SERVICES.find(
    (service): service is Extract<Service, { readonly name: Name }> => service.name === name,
  );
  if (found === undefined) throw new Error(`${name} is not in the manifest of services`);
  return found;
}

/** Makes a value for each database by the same rule. */
export function perDatabase<Value>(make: (owner: DatabaseOwner) => Value): Record<DatabaseName, Value>;
export function perDatabase(make: (owner: DatabaseOwner) => unknown): Record<string, unknown> {
  return Object.fromEntries(DATABASE_OWNERS.map((owner) => [owner.alias, make(owner)]));
}

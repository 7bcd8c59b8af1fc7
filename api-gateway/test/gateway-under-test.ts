import { Writable } from 'node:stream';
import { DEFAULT_TENANT, Id, newId } from '@comanda/contracts';
import { freePort } from '@comanda/local-infra';
import { Requester } from '@comanda/messaging';
import { OperatorServer } from '@comanda/service-kit';
import { DescribedApi, EventReader, Folder, TokenSigner, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, beforeAll } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { Accounts } from '../src/accounts/accounts.js';
import { CUSTOMER_SCOPES, PRESETS, type Scope } from '../src/auth/scopes.js';
import { readGatewayConfig } from '../src/config.js';
import { createGateway } from '../src/gateway.js';

export const SECRET = 'f2b7c1d4e8a9035612bc7de84f09a1b3c5d7e9f0';

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Its answer may be one that no service of this version gives. */
  readonly undescribed?: boolean;
  /** Leaves it at the accounts that are there; else the token's is made, as a log-in would have wanted it. */
  readonly noNewAccount?: boolean;
}

const KINDS = {
  customer: { role: 'customer', scopes: CUSTOMER_SCOPES },
  staff: { role: 'staff', scopes: PRESETS.owner },
  operator: { role: 'staff', scopes: PRESETS.operator },
} as const;

interface TokenOptions {
  readonly accountId?: string;
  readonly tenantId?: string;
  readonly scopes?: readonly Scope[];
  /** Seconds. */
  readonly expiresIn?: number;
}

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly body: any;
}

const API = new DescribedApi();

/** Nothing listens there: for tests that need no broker. */
const NO_BROKER = 'amqp://127.0.0.1:1';
const NO_REDIS = 'redis://127.0.0.1:1';

/** A gateway in this process, on a port and with a database of its own. */
export class GatewayUnderTest {
  readonly log: Record<string, unknown>[] = [];
  /** Signs what it is told to, as a program that knows the secret would. */
  readonly jwt = new TokenSigner(SECRET);
  readonly #made = new Map<string, Promise<void>>();
  #running:
    | {
        readonly app: NestFastifyApplication;
        readonly url: string;
        readonly operatorUrl: string;
        readonly folder: Folder;
      }
    | undefined;

  static async start(environment: Record<string, string> = {}): Promise<GatewayUnderTest> {
    const gateway = new GatewayUnderTest();
    await gateway.start(environment);
    return gateway;
  }

  async start(environment: Record<string, string> = {}): Promise<void> {
    const sink = new Writable({
      write: (line, _encoding, done) => {
        this.log.push(JSON.parse(String(line)) as Record<string, unknown>);
        done();
      },
    });
    const folder = new Folder();
    const config = readGatewayConfig({
      RABBITMQ_URL: NO_BROKER,
      GATEWAY_DATABASE_URL: testDatabaseUrl(folder.file('gateway.db')),
      JWT_SECRET: SECRET,
      REDIS_URL: NO_REDIS,
      RATE_LIMIT_PER_MINUTE: '0',
      AUTH_RATE_LIMIT_PER_MINUTE: '0',
      ...environment,
    });
    const app = await createGateway(config, pino({ level: 'info' }, sink));
    const port = await freePort();
    await app.get(OperatorServer).listen({ port, host: config.METRICS_HOST, setting: 'METRICS_PORT' });
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    this.#running = { app, url, operatorUrl: `http://127.0.0.1:${port}`, folder };
  }

  get url(): string {
    return this.#now.url;
  }

  get app(): NestFastifyApplication {
    return this.#now.app;
  }

  /** A token of a new account, or of this one; staff are owners unless their scopes are named. */
  token(kind: keyof typeof KINDS, more: TokenOptions | string = {}): string {
    const { role, scopes } = KINDS[kind];
    const {
      accountId = newId(),
      expiresIn = 60,
      ...claims
    } = typeof more === 'string' ? { accountId: more } : more;
    return this.jwt.sign(
      { role, scopes, tenantId: DEFAULT_TENANT, ...claims },
      { subject: accountId, expiresIn },
    );
  }

  /** Sends a request; `token` and a JSON body are optional. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Called> {
    if (options.token !== undefined && !options.noNewAccount) await this.#haveAccountOf(options.token);
    const called = await call(this.url, method, path, options);
    if (!options.undescribed) API.check({ method, path, ...called });
    return called;
  }

  /** Opens a stream of server-sent events. */
  async stream(
    path: string,
    token: string | undefined,
    headers: Record<string, string> = {},
  ): Promise<EventReader> {
    if (token !== undefined) await this.#haveAccountOf(token);
    const authorization = token !== undefined && { authorization: `Bearer ${token}` };
    return EventReader.open(`${this.url}${path}`, { ...authorization, ...headers });
  }

  /** Asks on the port for operators. */
  askAsOperator(path: string): Promise<Called> {
    return call(this.#now.operatorUrl, 'GET', path);
  }

  connected(): Promise<void> {
    return this.app.get(Requester).ready();
  }

  async close(): Promise<void> {
    await this.#running?.app.close();
    this.#running?.folder.remove();
    this.#running = undefined;
  }

  /** A token that a test has signed itself is for an account that nobody has made. */
  async #haveAccountOf(token: string): Promise<void> {
    const { sub, tenantId = DEFAULT_TENANT } =
      this.jwt.decode<{ sub?: string; tenantId?: string } | null>(token) ?? {};
    const accountId = Id.safeParse(sub).data;
    if (accountId === undefined) return;
    const key = `${tenantId}/${accountId}`;
    const made = this.#made.get(key) ?? this.#make(tenantId, accountId);
    this.#made.set(key, made);
    await made;
  }

  async #make(tenantId: string, accountId: string): Promise<void> {
    const email = `${accountId}@example.org`;
    // It may do everything, and its tokens less.
    const more = {
      ...KINDS.operator,
      passwordHash: 'fits nothing',
      createdAt: new Date().toISOString(),
    };
    await this.app.get(Accounts).add({ tenantId, accountId, email, ...more });
  }

  get #now() {
    if (!this.#running) throw new Error('the gateway does not run');
    return this.#running;
  }
}

/** A gateway that is started before the tests of this file and stopped after them. */
export function useGateway(environment: Record<string, string> = {}): GatewayUnderTest {
  const gateway = new GatewayUnderTest();
  beforeAll(() => gateway.start(environment));
  afterAll(() => gateway.close());
  return gateway;
}

async function call(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: CallOptions = {},
): Promise<Called> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      // What a test has just said that a service answers is what it looks for.
      'cache-control': 'no-cache',
      ...headers,
    },
    ...(body !== undefined && { body: bodyOf(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json && text !== '' ? JSON.parse(text) : undefined,
  };
}

/** Text and bytes as they are, anything else as JSON. */
const bodyOf = (body: unknown): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);

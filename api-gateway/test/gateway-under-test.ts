import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { newId } from '@comanda/contracts';
import { Requester } from '@comanda/messaging';
import { testDatabaseUrl } from '@comanda/test-kit';
import { JwtService } from '@nestjs/jwt';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import type { Role } from '../src/auth/caller.js';
import { createGateway } from '../src/gateway.js';
import { readSettings } from '../src/settings.js';

export const SECRET = 'f2b7c1d4e8a9035612bc7de84f09a1b3c5d7e9f0';

export interface GatewayUnderTest {
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly log: Record<string, unknown>[];
  /** Signs what it is told to, as somebody who knows the secret would. */
  readonly jwt: JwtService;
  /** A token of a new account, or of this one. */
  token(role: Role, accountId?: string): string;
  /** Sends a request; `token` and a JSON body are optional. */
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
  connected(): Promise<void>;
  close(): Promise<void>;
}

interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly body: any;
}

/** Nothing listens there: for tests that need no broker. */
const NO_BROKER = 'amqp://127.0.0.1:1';

/** Starts a gateway in this process, on a port and with a database of its own. */
export async function startGateway(
  environment: Record<string, string> = {},
  directory = mkdtempSync(join(tmpdir(), 'comanda-gateway-')),
): Promise<GatewayUnderTest> {
  const log: Record<string, unknown>[] = [];
  const sink = new Writable({
    write: (line, _encoding, done) => {
      log.push(JSON.parse(String(line)) as Record<string, unknown>);
      done();
    },
  });
  const settings = readSettings({
    RABBITMQ_URL: NO_BROKER,
    GATEWAY_DATABASE_URL: testDatabaseUrl(join(directory, 'gateway.db')),
    JWT_SECRET: SECRET,
    RATE_LIMIT_PER_MINUTE: '0',
    ...environment,
  });
  const app = await createGateway(settings, pino({ level: 'info' }, sink));
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const jwt = new JwtService({ secret: SECRET });
  return {
    url,
    app,
    log,
    jwt,
    token: (role, accountId = newId()) =>
      jwt.sign({ role, tenantId: 'default' }, { subject: accountId, expiresIn: 60 }),
    call: (method, path, options) => call(url, method, path, options),
    connected: () => app.get(Requester).ready(),
    close: async () => {
      await app.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
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
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json ? JSON.parse(text) : undefined,
  };
}

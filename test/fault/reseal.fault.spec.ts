import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { newId } from '@comanda/contracts';
import { type Platform, type RedisServer, startPlatform, startRedis } from '@comanda/local-infra';
import { Folder, freshVhost, type Vhost } from '@comanda/test-kit';
import { SealedAtRest, SecretVault } from '@comanda/webhook-publisher';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { commandOf, PROGRAM } from '../support/command.js';
import { PATIENCE_MS, until } from '../support/until.js';

const OLD = { id: 'old', key: 'the old key of the vault that is long enough' };
const NEW = { id: 'new', key: 'the new key of the vault that is long enough' };
const BOTH = `new:${NEW.key},old:${OLD.key}`;
/** One transaction seals so many anew. */
const PAGE = 100;
const TENANTS = ['east', 'west'];
const [SUBSCRIPTIONS, CONTACTS] = [300, 150];

interface Row {
  readonly tenantId: string;
  readonly id: string;
  readonly contact: boolean;
  readonly text: string;
}

const folder = new Folder();
let broker: Vhost;
let redis: RedisServer;
let platform: Platform;
beforeAll(async () => {
  [broker, redis] = await Promise.all([freshVhost(), startRedis({ directory: folder.file('redis') })]);
  platform = await startPlatform({
    directory: folder.path,
    rabbitUrl: broker.url,
    redisUrl: redis.url,
    readyTimeoutMs: PATIENCE_MS,
    only: ['webhooks'],
    env: { COMANDA_DEMO: 'true', LOG_LEVEL: 'warn' },
  });
});
afterAll(async () => {
  await platform?.stop();
  await redis?.discard();
  folder.remove();
});

function inDatabase<T>(act: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(folder.file('webhooks.db'), { timeout: 10_000 });
  try {
    return act(database);
  } finally {
    database.close();
  }
}

const boundTo = ({ tenantId, id, contact }: Row) =>
  contact ? { tenantId, contactOf: id } : { tenantId, subscriptionId: id };

/** Subscriptions and contacts of two tenants, as the old key sealed them. */
function fill(): Row[] {
  const rows = TENANTS.flatMap((tenantId) =>
    Array.from({ length: SUBSCRIPTIONS + CONTACTS }, (_, at) => {
      const id = newId();
      return { tenantId, id, contact: at >= SUBSCRIPTIONS, text: `secret of ${id}` };
    }),
  );
  const vault = new SecretVault(OLD);
  inDatabase((database) => {
    const subscription = database.prepare(`INSERT INTO subscriptions
      (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, secrets, sequence, created_at)
      VALUES (?, ?, 'webhook', 'https://example.org/', '["*"]', 1, 0, ?, 3, '2027-01-01T00:00:00.000Z')`);
    const contact = database.prepare(`INSERT INTO contacts
      (tenant_id, order_id, sealed, channels, locale, waiting, kept_from, created_at)
      VALUES (?, ?, ?, '["email"]', 'es', '[]', '2027-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z')`);
    database.transaction(() => {
      for (const row of rows) {
        const insert = row.contact ? contact : subscription;
        insert.run(row.tenantId, row.id, vault.seal(row.text, boundTo(row), randomBytes(32)));
      }
    })();
  });
  return rows;
}

const stored = () =>
  inDatabase((database) =>
    database
      .prepare<[], { id: string; sealed: string }>(
        'SELECT subscription_id AS id, secrets AS sealed FROM subscriptions UNION ALL SELECT order_id, sealed FROM contacts',
      )
      .all(),
  );

test('sealing anew goes on where kill -9 of the command and of webhook-publisher ended it; then the old key opens nothing', async () => {
  const rows = fill();
  await platform.restart('webhooks', {
    WEBHOOK_ENCRYPTION_KEYS: BOTH,
    COMANDA_CRASH_AT: 'after-commit@webhooks.resealSecrets:3',
  });
  const publisher = platform.services.get('webhooks');
  const command = spawn(process.execPath, [PROGRAM, 'secrets', 'reseal'], {
    env: { ...process.env, RABBITMQ_URL: broker.url },
    stdio: 'ignore',
  });
  const ended = once(command, 'exit');
  await until('webhook-publisher is killed', () => publisher?.running === false);
  command.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(stored().filter(({ sealed }) => sealed.startsWith('new:'))).toHaveLength(3 * PAGE);

  await platform.start('webhooks', { WEBHOOK_ENCRYPTION_KEYS: BOTH });
  const reseal = commandOf({ brokerUrl: broker.url }, 'secrets');
  const left = rows.length - 3 * PAGE;
  expect(await reseal('reseal')).toMatchObject({
    code: 0,
    out: `${left} sealed anew with the first key, 0 left as they were\n`,
  });
  const after = new SecretVault(NEW);
  const now = new Map(stored().map(({ id, sealed }) => [id, SealedAtRest.parse(sealed)]));
  expect(now.size).toBe(rows.length);
  const opened = rows.map((row) => after.open(now.get(row.id) ?? SealedAtRest.parse(''), boundTo(row)));
  expect(opened).toEqual(rows.map(({ text }) => text));
});

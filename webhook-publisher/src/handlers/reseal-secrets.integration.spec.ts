import { randomBytes } from 'node:crypto';
import {
  ListOutdatedSecrets,
  type Message,
  newId,
  type Reply,
  ResealSecrets,
  type ResultOf,
} from '@comanda/contracts';
import { incoming, taskOf, UnitOfWork } from '@comanda/messaging';
import { EVERY_TENANT, statement } from '@comanda/storage';
import { anEnvelope } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { listOutdatedSecrets } from '../queries/list-outdated-secrets.js';
import { migrations } from '../storage/migrations.js';
import { SecretVault } from '../storage/secret-vault.js';
import { resealSecrets } from './reseal-secrets.js';

const OLD = { id: 'old', key: 'the old key of the vault, long enough' };
const NEW = { id: 'new', key: 'the new key of the vault, long enough' };
const LOST = { id: 'lost', key: 'a key that nobody has any longer, alas' };
const [before, during, after] = [new SecretVault(OLD), new SecretVault(NEW, OLD), new SecretVault(NEW)];
const TENANTS = ['east', 'north', 'south'];
const EACH = 1_200;
const PAGE = 100;

describe('sealing the secrets of a full database anew', () => {
  const database = useDatabase(migrations);
  let subscriptions: { tenantId: string; subscriptionId: string; text: string }[];

  /** Every subscription of every tenant, sealed with the old key; some deleted, which have no secret any more. */
  beforeEach(async () => {
    subscriptions = TENANTS.flatMap((tenantId) =>
      Array.from({ length: EACH }, () => ({
        tenantId,
        subscriptionId: newId(),
        text: `secret of ${newId()}`,
      })),
    );
    const insert = statement(`INSERT INTO subscriptions
      (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, secrets, sequence, created_at)
      VALUES ($1, $2, 'webhook', 'https://example.org/', '["*"]', $3, $4, $5, 3, '2027-01-01T00:00:00.000Z')`);
    await database.transaction(async (sql) => {
      for (const row of subscriptions)
        await sql.run(
          insert,
          row.tenantId,
          row.subscriptionId,
          1,
          0,
          before.seal(row.text, row, randomBytes(32)),
        );
      for (const tenantId of TENANTS) await sql.run(insert, tenantId, newId(), 0, 1, null);
    }, EVERY_TENANT);
  });

  const page = async (vault: SecretVault, cursor?: string): Promise<ResultOf<typeof ListOutdatedSecrets>> => {
    const data = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const message: Message<typeof data> = { ...incomingOf(ListOutdatedSecrets, 'default', data), data };
    return ListOutdatedSecrets.result.parse(
      resultOf(await listOutdatedSecrets(vault).answer(database, message)),
    );
  };

  /** As `npm run secrets -- reseal` does it, page by page and tenant by tenant; ends early after so many pages. */
  async function reseal(vault: SecretVault, pages = Number.POSITIVE_INFINITY) {
    const unit = new UnitOfWork({
      service: 'webhook-publisher',
      store: database,
      timers: { now: () => new Date() },
      leaseSeconds: () => undefined,
    });
    const total = { resealed: 0, failed: [] as ResultOf<typeof ResealSecrets>['failed'] };
    let cursor: string | undefined;
    for (let done = 0; done < pages; done++) {
      const { items, nextCursor } = await page(vault, cursor);
      for (const tenantId of new Set(items.map((item) => item.tenantId))) {
        const subscriptionIds = items
          .filter((item) => item.tenantId === tenantId)
          .map(({ subscriptionId }) => subscriptionId);
        const command = incomingOf(ResealSecrets, tenantId, { subscriptionIds });
        const { decisions } = await unit.run([taskOf(resealSecrets(vault), command)], []);
        const [decision] = decisions;
        if (decision?.kind !== 'done') throw new Error(JSON.stringify(decision));
        const { resealed, failed } = ResealSecrets.result.parse(resultOf(decision.reply));
        total.resealed += resealed;
        total.failed.push(...failed);
      }
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    return total;
  }

  const stored = async () =>
    new Map(
      (
        await database.acrossTenants.read(
          statement(
            'SELECT s.subscription_id AS id, s.secrets AS secrets FROM subscriptions s WHERE s.secrets IS NOT NULL',
          ),
        )
      ).map(({ id, secrets }) => [String(id), String(secrets)]),
    );

  test('does it for each once, also when it was interrupted, and changes nothing else', async () => {
    const rest = statement(
      'SELECT tenant_id, subscription_id, target, enabled, deleted, sequence FROM subscriptions ORDER BY tenant_id, subscription_id',
    );
    const others = await database.acrossTenants.read(rest);
    expect((await page(before)).items).toEqual([]);
    expect(await reseal(during, 7)).toEqual({ resealed: 7 * PAGE, failed: [] });
    expect(await reseal(during)).toEqual({ resealed: TENANTS.length * EACH - 7 * PAGE, failed: [] });
    expect(await reseal(during)).toEqual({ resealed: 0, failed: [] });
    const now = await stored();
    expect(now.size).toBe(subscriptions.length);
    for (const row of subscriptions)
      expect(after.open(now.get(row.subscriptionId) ?? '', row)).toBe(row.text);
    expect(await database.acrossTenants.read(rest)).toEqual(others);
  });

  test('names what can’t be opened, leaves it as it is, and goes on', async () => {
    const [copied, lost, spoilt] = [3, 1_500, 3_599].map((at) => subscriptions[at]);
    if (!copied || !lost || !spoilt) throw new Error('there are too few');
    const values = new Map([
      [copied.subscriptionId, before.seal('of another row', lost, randomBytes(32))],
      [lost.subscriptionId, new SecretVault(LOST).seal(lost.text, lost, randomBytes(32))],
      [spoilt.subscriptionId, 'no sealed value'],
    ]);
    const change = statement('UPDATE subscriptions SET secrets = $2 WHERE subscription_id = $1');
    await database.transaction(async (sql) => {
      for (const [id, value] of values) await sql.run(change, id, value);
    }, EVERY_TENANT);
    for (const resealed of [subscriptions.length - 3, 0]) {
      const total = await reseal(during);
      expect(total.resealed).toBe(resealed);
      expect(new Map(total.failed.map(({ subscriptionId, reason }) => [subscriptionId, reason]))).toEqual(
        new Map([
          [copied.subscriptionId, expect.stringContaining('belongs to another row')],
          [lost.subscriptionId, expect.stringContaining('"lost"')],
          [spoilt.subscriptionId, expect.stringContaining('does not say which key')],
        ]),
      );
    }
    const now = await stored();
    for (const [id, value] of values) expect(now.get(id)).toBe(value);
  });
});

const incomingOf = (request: { type: string; dataschema: string }, tenantid: string, data: object) =>
  incoming(Buffer.from(JSON.stringify(anEnvelope(request, { tenantid, subject: 'secrets', data }))));
const resultOf = (reply: Reply | undefined): unknown => (reply?.ok ? reply.result : undefined);

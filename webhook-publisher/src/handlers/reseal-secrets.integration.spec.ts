import { randomBytes } from 'node:crypto';
import {
  ListOutdatedSecrets,
  type Message,
  newId,
  type Reply,
  ResealSecrets,
  type ResultOf,
  SealedKind,
} from '@comanda/contracts';
import { incoming, taskOf, UnitOfWork } from '@comanda/messaging';
import { EVERY_TENANT, statement } from '@comanda/storage';
import { anEnvelope } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { listOutdatedSecrets } from '../queries/list-outdated-secrets.js';
import { migrations } from '../storage/migrations.js';
import { SealedAtRest, SecretVault } from '../storage/secret-vault.js';
import { resealSecrets } from './reseal-secrets.js';

const OLD = { id: 'old', key: 'the old key of the vault, long enough' };
const NEW = { id: 'new', key: 'the new key of the vault, long enough' };
const LOST = { id: 'lost', key: 'a key that nobody has any longer, alas' };
const [before, during, after] = [new SecretVault(OLD), new SecretVault(NEW, OLD), new SecretVault(NEW)];
const TENANTS = ['east', 'north', 'south'];
/** So many of each kind has each tenant. */
const EACH = { subscription: 1_000, order: 150 };
const ALL = TENANTS.length * (EACH.subscription + EACH.order);
const PAGE = 100;

interface Sealed {
  readonly kind: SealedKind;
  readonly tenantId: string;
  readonly id: string;
  readonly text: string;
}

const boundTo = ({ kind, tenantId, id }: Sealed) =>
  kind === 'order' ? { tenantId, contactOf: id } : { tenantId, subscriptionId: id };
const sealedBy = (vault: SecretVault, row: Sealed) => vault.seal(row.text, boundTo(row), randomBytes(32));

const INSERT = {
  subscription: statement(`INSERT INTO subscriptions
    (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, secrets, sequence, created_at)
    VALUES ($1, $2, 'webhook', 'https://example.org/', '["*"]', 1, 0, $3, 3, '2027-01-01T00:00:00.000Z')`),
  order: statement(`INSERT INTO contacts
    (tenant_id, order_id, sealed, channels, locale, waiting, kept_from, created_at)
    VALUES ($1, $2, $3, '["email"]', 'es', '["waits"]', '2027-01-02T00:00:00.000Z', '2027-01-01T00:00:00.000Z')`),
};
const CHANGE = {
  subscription: statement('UPDATE subscriptions SET secrets = $2 WHERE subscription_id = $1'),
  order: statement('UPDATE contacts SET sealed = $2 WHERE order_id = $1'),
};

describe('sealing the secrets and contacts of a full database anew', () => {
  const database = useDatabase(migrations);
  let all: Sealed[];

  /** Rows of every tenant, sealed with the old key; some hold nothing: what was deleted, or erased. */
  beforeEach(async () => {
    all = SealedKind.options.flatMap((kind) =>
      TENANTS.flatMap((tenantId) =>
        Array.from({ length: EACH[kind] }, () => ({
          ...{ kind, tenantId, id: newId() },
          text: `secret of ${newId()}`,
        })),
      ),
    );
    await database.transaction(async (sql) => {
      for (const row of all) await sql.run(INSERT[row.kind], row.tenantId, row.id, sealedBy(before, row));
      for (const kind of SealedKind.options)
        for (const tenantId of TENANTS) await sql.run(INSERT[kind], tenantId, newId(), null);
    }, EVERY_TENANT);
  });

  const page = async (
    vault: SecretVault,
    kind: SealedKind,
    cursor?: string,
  ): Promise<ResultOf<typeof ListOutdatedSecrets>> => {
    const data = { kind, limit: PAGE, ...(cursor !== undefined && { cursor }) };
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
    let done = 0;
    for (const kind of SealedKind.options)
      for (let cursor: string | undefined; done < pages; done++) {
        const { items, nextCursor } = await page(vault, kind, cursor);
        for (const tenantId of new Set(items.map((item) => item.tenantId))) {
          const ids = items.filter((item) => item.tenantId === tenantId).map(({ id }) => id);
          const command = incomingOf(ResealSecrets, tenantId, { kind, ids });
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
            `SELECT s.subscription_id AS id, s.secrets AS sealed FROM subscriptions s WHERE s.secrets IS NOT NULL
             UNION ALL SELECT c.order_id, c.sealed FROM contacts c WHERE c.sealed IS NOT NULL`,
          ),
        )
      ).map(({ id, sealed }) => [String(id), SealedAtRest.parse(sealed)]),
    );

  /** All but what is sealed. */
  const others = async () => [
    await database.acrossTenants.read(
      statement(`SELECT tenant_id, subscription_id, target, enabled, deleted, sequence FROM subscriptions
        ORDER BY tenant_id, subscription_id`),
    ),
    await database.acrossTenants.read(
      statement(`SELECT tenant_id, order_id, channels, locale, waiting, kept_from, erased_at, created_at FROM contacts
        ORDER BY tenant_id, order_id`),
    ),
  ];

  test('does it for each once, also when it was interrupted, and changes nothing else', async () => {
    const rest = await others();
    for (const kind of SealedKind.options) expect((await page(before, kind)).items).toEqual([]);
    expect(await reseal(during, 7)).toEqual({ resealed: 7 * PAGE, failed: [] });
    expect(await reseal(during)).toEqual({ resealed: ALL - 7 * PAGE, failed: [] });
    expect(await reseal(during)).toEqual({ resealed: 0, failed: [] });
    const now = await stored();
    expect(now.size).toBe(ALL);
    for (const row of all)
      expect(after.open(now.get(row.id) ?? SealedAtRest.parse(''), boundTo(row))).toBe(row.text);
    expect(await others()).toEqual(rest);
  });

  test('names what can’t be opened, leaves it as it is, and goes on', async () => {
    const [copied, lost, contact, spoilt] = [3, 1_500, 3_002, ALL - 1].map((at) => all[at]);
    if (!copied || !lost || !contact || !spoilt) throw new Error('there are too few');
    const values: [Sealed, string][] = [
      [copied, sealedBy(before, lost)],
      [lost, sealedBy(new SecretVault(LOST), lost)],
      // Of a subscription whose id is that of the order.
      [contact, sealedBy(before, { ...contact, kind: 'subscription' })],
      [spoilt, 'no sealed value'],
    ];
    await database.transaction(async (sql) => {
      for (const [{ kind, id }, value] of values) await sql.run(CHANGE[kind], id, value);
    }, EVERY_TENANT);
    for (const resealed of [ALL - values.length, 0]) {
      const total = await reseal(during);
      expect(total.resealed).toBe(resealed);
      expect(new Map(total.failed.map(({ id, reason }) => [id, reason]))).toEqual(
        new Map([
          [copied.id, expect.stringContaining('belongs to another row')],
          [lost.id, expect.stringContaining('"lost"')],
          [contact.id, expect.stringContaining('belongs to another row')],
          [spoilt.id, expect.stringContaining('does not say which key')],
        ]),
      );
    }
    const now = await stored();
    for (const [{ id }, value] of values) expect(now.get(id)).toBe(value);
  });
});

const incomingOf = (request: { type: string; dataschema: string }, tenantid: string, data: object) =>
  incoming(Buffer.from(JSON.stringify(anEnvelope(request, { tenantid, subject: 'secrets', data }))));
const resultOf = (reply: Reply | undefined): unknown => (reply?.ok ? reply.result : undefined);

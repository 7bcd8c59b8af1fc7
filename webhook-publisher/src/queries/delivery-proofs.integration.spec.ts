import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetDeliveryProof, ListProofKeys, type Message, newId, type QueryType } from '@comanda/contracts';
import { EVERY_TENANT } from '@comanda/storage';
import { useDatabase, useFolder } from '@comanda/test-kit/hooks';
import { describe, expect, test } from '@jest/globals';
import { migrations } from '../storage/migrations.js';
import { proofKeyOf, publishProofKey } from '../storage/proof-keys.js';
import { attempts, deliveries, events, subscriptions } from '../storage/tables.js';
import { getDeliveryProof, MAX_ATTEMPTS } from './get-delivery-proof.js';
import { listProofKeys } from './list-proof-keys.js';

const VERIFY = join(import.meta.dirname, '../../../docs/verify/delivery-proof.mjs');
const NOW = new Date('2027-01-05T00:00:00.000Z');
const [first, second] = ['first', 'second'].map((id) =>
  proofKeyOf([{ id, key: `${id}: a key of the vault, long enough` }]),
);
if (!first || !second) throw new Error('unreachable');
const [orderId, north, south] = [newId(), newId(), newId()];
const BODY = '{"id":"e-1","data":{"note":"café"}}';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const database = useDatabase(migrations);
const folder = useFolder();

const asked = <D>({ type, dataschema }: QueryType, tenantid: string, data: D): Message<D> => ({
  ...{ specversion: '1.0', id: newId(), type, source: 'api-gateway', time: NOW.toISOString() },
  ...{ subject: 'a proof', datacontenttype: 'application/json', dataschema, tenantid, correlationid: 'c' },
  data,
});
const answerOf = (
  key: typeof first,
  data: { subscriptionId?: string; orderId?: string } = {},
  tenant = 'default',
) => getDeliveryProof(key, () => NOW).answer(database, asked(GetDeliveryProof, tenant, { orderId, ...data }));
const proofBy = async (...question: Parameters<typeof answerOf>): Promise<string> => {
  const reply = await answerOf(...question);
  if (!reply.ok) throw new Error(reply.refusal.detail);
  return GetDeliveryProof.result.parse(reply.result).proof;
};
const keysNow = async () => {
  const reply = await listProofKeys.answer(database, asked(ListProofKeys, 'default', {}));
  return ListProofKeys.result.parse(reply.ok ? reply.result : undefined);
};

/** One event that went to two subscribers: one takes it at the second attempt, the other is a chat. */
const tell = (made: { north: readonly object[]; south: readonly object[] }) =>
  database.transaction(async (sql) => {
    const common = { tenantId: 'default', createdAt: '2027-01-04T00:00:00.000Z' };
    await sql.insertRows(
      subscriptions,
      [
        { subscriptionId: north, channel: 'webhook' as const, target: 'https://new.example/now?t=1' },
        { subscriptionId: south, channel: 'telegram' as const, target: '-100123' },
      ].map((own) =>
        subscriptions.encode({
          ...{ ...common, ...own, eventTypes: ['*'], description: null, enabled: true, disabledReason: null },
          ...{
            deleted: false,
            secrets: null,
            publicKey: null,
            locale: null,
            rateLimitPerSecond: null,
            headerNames: null,
            mutedUntil: null,
            failingSince: null,
            sequence: 0,
            liveTenantId: 'default',
          },
        }),
      ),
    );
    const event = { ...common, eventId: 'e-1', orderId, body: BODY, correlationId: null };
    await sql.insertRows(events, [events.encode({ ...event, type: 'order.confirmed' })]);
    for (const [deliveryId, subscriptionId, rows] of [
      ['d-1', north, made.north],
      ['d-2', south, made.south],
    ] as const) {
      const delivery = {
        ...common,
        deliveryId,
        subscriptionId,
        eventId: 'e-1',
        eventType: 'order.confirmed',
      };
      await sql.insertRows(deliveries, [
        deliveries.encode({ ...delivery, orderId, status: 'DELIVERED', nextAttemptAt: null, replayId: null }),
      ]);
      await sql.insertRows(
        attempts,
        rows.map((row, n) =>
          attempts.encode({
            ...{ tenantId: 'default', deliveryId, attemptId: `a-${String(n).padStart(5, '0')}` },
            ...{ at: '2027-01-04T00:00:01.000Z', origin: null, statusCode: null, durationMs: 5 },
            ...{ responseBody: null, error: null, note: null, ...row },
          }),
        ),
      );
    }
  }, EVERY_TENANT);

const SENT = {
  north: [
    { origin: 'https://old.example', error: 'timeout: no answer in time' },
    { origin: 'https://new.example', statusCode: 200, responseBody: 'gracias' },
  ],
  south: [{ statusCode: 200, responseBody: '{"ok":true}' }],
};

/** What a third party finds, who has Node and these files and nothing of ours. */
function verified(proof: string, keys: object, bodies: Readonly<Record<string, string>> = {}) {
  const written = (name: string, text: string) => {
    writeFileSync(folder.file(name), text);
    return folder.file(name);
  };
  const files = [written('proof.jws', `${proof}\n`), written('keys.json', JSON.stringify(keys))];
  const given = Object.entries(bodies).map(([name, text]) => written(name, text));
  const { status, stdout, stderr } = spawnSync(process.execPath, [VERIFY, ...files, ...given], {
    encoding: 'utf8',
  });
  return { status, stderr: stderr.trim(), stdout };
}

describe('a delivery proof', () => {
  test('says to a third party what was sent, when, and what was answered, and whose body it was', async () => {
    await publishProofKey(first, database, NOW);
    await tell(SENT);
    const { status, stdout } = verified(await proofBy(first), await keysNow(), { 'body.json': BODY });
    expect(status).toBe(0);
    const [line, ...rest] = stdout.split('\n');
    expect(line).toMatch(/body\.json: order\.confirmed e-1$/);
    const at = '2027-01-04T00:00:01.000Z';
    expect(JSON.parse(rest.join('\n'))).toEqual({
      tenantId: 'default',
      orderId,
      issuedAt: NOW.toISOString(),
      events: [
        {
          eventId: 'e-1',
          type: 'order.confirmed',
          bodySha256: sha256(BODY),
          deliveries: [
            {
              deliveryId: 'd-1',
              subscriptionId: north,
              channel: 'webhook',
              status: 'DELIVERED',
              attempts: [
                { at, origin: 'https://old.example', durationMs: 5, error: 'timeout: no answer in time' },
                {
                  ...{ at, origin: 'https://new.example', statusCode: 200, durationMs: 5 },
                  answerSha256: sha256('gracias'),
                },
              ],
            },
            {
              deliveryId: 'd-2',
              subscriptionId: south,
              channel: 'telegram',
              status: 'DELIVERED',
              attempts: [{ at, statusCode: 200, durationMs: 5, answerSha256: sha256('{"ok":true}') }],
            },
          ],
        },
      ],
    });
    // Nothing that is somebody's secret, or a person's.
    expect(stdout).not.toMatch(/café|gracias|now\?t=1|-100123/);
  });

  test('does not hold when one character of it is another, or when it is about another body', async () => {
    await publishProofKey(first, database, NOW);
    await tell(SENT);
    const proof = await proofBy(first);
    const [header, payload = '', signature] = proof.split('.');
    const changed = Buffer.from(payload, 'base64url')
      .toString()
      .replace('"statusCode":200', '"statusCode":500');
    const forged = [header, Buffer.from(changed).toString('base64url'), signature].join('.');
    expect(verified(forged, await keysNow())).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('the signature does not hold'),
    });
    expect(verified(proof, await keysNow(), { other: `${BODY} ` })).toMatchObject({ status: 1, stdout: '' });
    expect(verified(proof, { keys: [] }).stderr).toContain('no key');
  });

  test('of a former key holds when the vault has another one; each key is published once', async () => {
    for (const key of [first, second, second]) await publishProofKey(key, database, NOW);
    await tell(SENT);
    const keys = await keysNow();
    expect(keys.keys.map(({ kid }) => kid).sort()).toEqual([first.kid, second.kid].sort());
    for (const key of [first, second]) expect(verified(await proofBy(key), keys).status).toBe(0);
    const stranger = proofKeyOf([{ id: 'stranger', key: 'a key that was never published here' }]);
    expect(verified(await proofBy(stranger), keys)).toMatchObject({ status: 1 });
  });

  test('can be about one subscription; another tenant, or another order, has none', async () => {
    await tell(SENT);
    const [, payload = ''] = (await proofBy(first, { subscriptionId: south })).split('.');
    const { subscriptionId, events: shown } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect([subscriptionId, shown.length, shown[0].deliveries.length]).toEqual([south, 1, 1]);
    expect(shown[0].deliveries[0].subscriptionId).toBe(south);
    const nothing = { ok: false, refusal: { status: 404, code: 'NOTHING_SENT' } };
    expect(await answerOf(first, { orderId: newId() })).toMatchObject(nothing);
    expect(await answerOf(first, { subscriptionId: newId() })).toMatchObject(nothing);
    expect(await answerOf(first, {}, 'other')).toMatchObject(nothing);
  });

  test('has up to a thousand attempts; what has more is proven by subscription', async () => {
    await tell({ ...SENT, north: Array.from({ length: MAX_ATTEMPTS }, () => ({ statusCode: 500 })) });
    expect(await answerOf(first)).toMatchObject({
      ok: false,
      refusal: { status: 409, code: 'PROOF_TOO_LARGE' },
    });
    const [, payload = ''] = (await proofBy(first, { subscriptionId: north })).split('.');
    const { events: shown } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(shown[0].deliveries[0].attempts).toHaveLength(MAX_ATTEMPTS);
  });
});

import type { IncomingHttpHeaders } from 'node:http';
import {
  type CommandType,
  CreateSubscription,
  newId,
  type Reply,
  RotateSecret,
  type Signature,
  secretOf,
} from '@comanda/contracts';
import { OpeningKey } from '@comanda/kit';
import { incoming, taskOf, UnitOfWork } from '@comanda/messaging';
import { anEnvelope, HttpServer } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { verifyAsync } from '@noble/ed25519';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { LOOPBACK } from '../channels/http/address-rules.js';
import { openChannels } from '../channels/index.js';
import { migrations } from '../storage/migrations.js';
import { SecretVault } from '../storage/secret-vault.js';
import { subscriptions } from '../storage/tables.js';
import { createSubscription } from './create-subscription.js';
import { rotateSecret } from './rotate-secret.js';

const HOUR_MS = 3_600_000;
const BODY = '{"id":"evt-1","data":{}}';
const tenantId = 'default';
const vault = new SecretVault({ id: 'one', key: 'a key of the vault in these tests' });

describe('rotating the secret of a subscription', () => {
  const database = useDatabase(migrations);
  let receiver: HttpServer;
  let requests: IncomingHttpHeaders[];
  let now: number;
  let subscriptionId: string;
  beforeEach(async () => {
    now = Date.now();
    subscriptionId = newId();
    requests = [];
    receiver = await HttpServer.start((request, response) => {
      requests.push(request.headers);
      response.writeHead(204).end();
    });
  });
  afterEach(() => receiver.stop());

  const channels = openChannels(
    {
      ...{ COMANDA_DEMO: false, WEBHOOK_TIMEOUT_MS: 5_000, WEBHOOK_ALLOWED_CIDRS: LOOPBACK },
      ...{
        TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
        TELEGRAM_COMMANDS: false,
        SLACK_WEBHOOK_ROOT: 'http://127.0.0.1:1',
      },
      TWILIO_API_BASE: 'http://127.0.0.1:1',
    },
    { vault, clock: () => new Date(now) },
  );
  const handlers = [createSubscription(channels, 10), rotateSecret(channels)];

  /** A command, handled in a transaction of its own at the time of the test. */
  async function carryOut(command: CommandType, data: object): Promise<Reply> {
    const handler = handlers.find(({ on }) => on.type === command.type);
    if (!handler) throw new Error(command.type);
    const unit = new UnitOfWork({
      service: 'webhook-publisher',
      store: database,
      timers: { now: () => new Date(now) },
      leaseSeconds: () => undefined,
    });
    const envelope = anEnvelope(command, { tenantid: tenantId, subject: subscriptionId, data });
    const message = incoming(Buffer.from(JSON.stringify(envelope)));
    const { decisions } = await unit.run([taskOf(handler, message)], []);
    const [decision] = decisions;
    if (decision?.kind !== 'done' || !decision.reply) throw new Error(JSON.stringify(decision));
    return decision.reply;
  }

  const answers = new OpeningKey(Buffer.alloc(32, 9));
  const about = () => secretOf(tenantId, subscriptionId);
  /** What the subscriber verifies with after this command; nothing where it was not shown. */
  function shown(reply: Reply): string | undefined {
    if (!reply.ok) throw new Error(JSON.stringify(reply));
    const { sealedSecret, publicKey } = RotateSecret.result.parse(reply.result);
    return sealedSecret === undefined ? publicKey : answers.open(sealedSecret, about());
  }
  const create = async (signature: Signature = 'v1') =>
    shown(
      await carryOut(CreateSubscription, {
        ...{ subscriptionId, signature, channel: 'webhook', target: `${receiver.url}/`, eventTypes: ['*'] },
        answerKey: answers.publicKey,
      }),
    );
  const rotate = (rotationId = newId()) =>
    carryOut(RotateSecret, { subscriptionId, rotationId, answerKey: answers.publicKey });
  const stored = async () => {
    const row = await database.of(tenantId).find(subscriptions.read(tenantId, subscriptionId));
    if (!row) throw new Error('there is no subscription');
    return row;
  };

  /** An attempt at the time of the test, as it arrived. */
  async function attempt(): Promise<Record<string, string>> {
    const row = await stored();
    const event = {
      deliveryId: 'd-1',
      eventId: 'evt-1',
      type: 'order.created',
      correlationId: null,
      body: BODY,
      language: 'en',
    } as const;
    const { target, secrets } = row;
    expect(await channels.webhook.send({ row, target, secrets, ...event })).toMatchObject({ status: 204 });
    return Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
        name,
        String(requests.at(-1)?.[name]),
      ]),
    );
  }

  /** Whether the libraries of receivers take it, at the time at which it came. */
  function verifiedBy(secret: string | undefined, headers: Record<string, string>): boolean {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Number(headers['webhook-timestamp']) * 1000);
    const verdicts = [StandardWebhook, SvixWebhook].map((Webhook) => {
      try {
        new Webhook(secret ?? '').verify(BODY, headers);
        return true;
      } catch (error) {
        if (!String(error).includes('No matching signature found')) throw error;
        return false;
      }
    });
    clock.mockRestore();
    expect(new Set(verdicts).size).toBe(1);
    return verdicts[0] === true;
  }

  test('shows a new one once; both sign for 24 hours to the millisecond, then the new one alone', async () => {
    const old = await create();
    const rotatedAt = now;
    const fresh = shown(await rotate());
    expect(fresh).toMatch(/^whsec_/);
    expect(fresh).not.toBe(old);
    now = rotatedAt + 24 * HOUR_MS - 1;
    const last = await attempt();
    expect(last['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect([verifiedBy(old, last), verifiedBy(fresh, last)]).toEqual([true, true]);
    now = rotatedAt + 24 * HOUR_MS;
    const after = await attempt();
    expect(after['webhook-signature']).toMatch(/^v1,\S+$/);
    expect([verifiedBy(old, after), verifiedBy(fresh, after)]).toEqual([false, true]);
    // What is stored shows neither.
    const { secrets } = await stored();
    for (const secret of [old, fresh]) expect(secrets).not.toContain(secret?.slice('whsec_'.length));
  });

  test('gives one that signs with a private key a new pair, whose public half is shown and kept', async () => {
    const old = await create('v1a');
    const fresh = shown(await rotate());
    expect([old, fresh]).toEqual([expect.stringMatching(/^whpk_/), expect.stringMatching(/^whpk_/)]);
    expect(fresh).not.toBe(old);
    expect((await stored()).publicKey).toBe(fresh);
    const holds = async (key: string | undefined, signature: string | undefined, timestamp: string) =>
      verifyAsync(
        Buffer.from(signature?.slice('v1a,'.length) ?? '', 'base64'),
        Buffer.from(`evt-1.${timestamp}.${BODY}`),
        Buffer.from(key?.slice('whpk_'.length) ?? '', 'base64'),
      );
    const both = await attempt();
    const [first, second, ...more] = both['webhook-signature']?.split(' ') ?? [];
    expect(more).toEqual([]);
    expect(await holds(fresh, first, both['webhook-timestamp'] ?? '')).toBe(true);
    expect(await holds(old, second, both['webhook-timestamp'] ?? '')).toBe(true);
    now += 24 * HOUR_MS;
    const after = await attempt();
    expect(await holds(fresh, after['webhook-signature'], after['webhook-timestamp'] ?? '')).toBe(true);
  });

  test('is done once, however often it is asked for, and its secret is not shown again', async () => {
    const old = await create();
    const rotationId = newId();
    const fresh = shown(await rotate(rotationId));
    const { secrets } = await stored();
    expect(shown(await rotate(rotationId))).toBeUndefined();
    const latest = shown(await rotate());
    // A late repeat of the first one does not undo or repeat anything.
    const before = await stored();
    expect(shown(await rotate(rotationId))).toBeUndefined();
    expect(await stored()).toEqual(before);
    expect(before.secrets).not.toBe(secrets);
    const headers = await attempt();
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(3);
    for (const secret of [old, fresh, latest]) expect(verifiedBy(secret, headers)).toBe(true);
  });

  test('makes no more than receivers look at, until the oldest has ended', async () => {
    await create();
    const begun = now;
    for (let made = 1; made < 5; made++) {
      now = begun + made * 1000;
      await rotate();
    }
    const before = await stored();
    expect(await rotate()).toMatchObject({ ok: false, refusal: { status: 409, code: 'TOO_MANY_SECRETS' } });
    now = begun + 24 * HOUR_MS + 999;
    expect(await rotate()).toMatchObject({
      refusal: { detail: expect.stringContaining(new Date(begun + 24 * HOUR_MS + 1000).toISOString()) },
    });
    expect(await stored()).toEqual(before);
    now += 1;
    expect(shown(await rotate())).toMatch(/^whsec_/);
    const headers = await attempt();
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(5);
  });

  test('is refused where nothing signs', async () => {
    expect(await rotate()).toMatchObject({ refusal: { status: 404, code: 'UNKNOWN_SUBSCRIPTION' } });
    const to = { channel: 'email', target: 'a@example.com', eventTypes: ['*'] };
    await carryOut(CreateSubscription, { subscriptionId, ...to, answerKey: answers.publicKey });
    const before = await stored();
    expect(await rotate()).toMatchObject({ refusal: { status: 400, code: 'NO_SECRET_HERE' } });
    expect(await stored()).toEqual(before);
  });
});

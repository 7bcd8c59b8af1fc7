import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startReceivers } from '@comanda/local-infra';
import { startTelegramStub, type TelegramStub } from '@comanda/stand-ins';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const Delivery = z.object({
  deliveryId: z.string(),
  subscriptionId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  orderId: z.string().optional(),
  status: z.string(),
});
type Delivery = z.infer<typeof Delivery>;
const Deliveries = z.object({ items: z.array(Delivery) });
const History = z.object({
  status: z.string(),
  attempts: z.array(
    z.object({
      at: z.string(),
      statusCode: z.number().optional(),
      durationMs: z.number(),
      error: z.string().optional(),
    }),
  ),
});

const Replay = z.object({
  replayId: z.string(),
  status: z.string(),
  scheduled: z.number(),
  skipped: z.number(),
});
const Replays = z.object({ items: z.array(Replay) });
const Counts = z.object({
  ...{ delivered: z.number(), failed: z.number(), dropped: z.number(), attempts: z.number() },
  ...{ p50Ms: z.number(), p99Ms: z.number() },
});
const Stats = z.object({
  overall: Counts,
  hours: z.array(Counts),
  lastAnswers: z.array(z.object({ statusCode: z.number().optional() })),
});
const Listed = z.object({ items: z.array(z.looseObject({ subscriptionId: z.string() })) });

/** Seconds between two attempts, give or take 20 %. */
const RETRY_SECONDS = [1, 1, 1];
const LEAST_WAIT_MS = 800;
/** Moments and durations are written in whole milliseconds, by two clocks. */
const ROUNDED_MS = 50;
const CLI = join(import.meta.dirname, '../../cli/dist/main.js');
const PYTHON = spawnSync('python3', ['-c', 'import pty']).status === 0;
/** Runs a program in a terminal of 80 columns, which is what the standard library of Python is for here. */
const PSEUDO_TERMINAL = `
import fcntl, os, pty, struct, sys, termios, tty, select
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if terminal in ready:
        try: data = os.read(terminal, 65536)
        except OSError: break
        if not data: break
        os.write(1, data)
    if 0 in ready:
        keys = os.read(0, 1024)
        if not keys: break
        os.write(terminal, keys)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
/** SGR: what makes text bold, inverse or coloured. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]+m`);

/** What anybody finds who has these files and Node, and nothing of ours. */
function verifyProof(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'comanda-proof-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const script = join(import.meta.dirname, '../../docs/verify/delivery-proof.mjs');
    return spawnSync(process.execPath, [script, ...Object.keys(files)], { cwd: folder, encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

describe('a webhook', () => {
  let telegram: TelegramStub;
  const comanda = useInstallation(async () => {
    telegram = await startTelegramStub();
    return {
      env: {
        WEBHOOK_RETRY_SECONDS: RETRY_SECONDS.join(),
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_BOT_TOKEN: '1000000:e2e',
      },
    };
  });
  const { accepted } = comanda;
  afterAll(() => telegram?.stop());

  /** An order that tells exactly one `order.confirmed`. */
  const confirmOne = async (): Promise<string> => {
    const { orderId, status } = await comanda.placed(orderOf(PRODUCTS.espresso));
    expect(status).toBe('CONFIRMED');
    return orderId;
  };

  const deliveriesOf = async (query: Record<string, string>): Promise<Delivery[]> => {
    const answer = await comanda.staff.get(`/deliveries?${new URLSearchParams({ limit: '100', ...query })}`);
    expect(answer.status).toBe(200);
    return Deliveries.parse(answer.body).items;
  };
  const deliveryThat = async (subscriptionId: string, status: string): Promise<Delivery> => {
    let found: Delivery | undefined;
    await until(`a delivery of ${subscriptionId} is ${status}`, async () => {
      found = (await deliveriesOf({ subscriptionId })).find((delivery) => delivery.status === status);
      return found !== undefined;
    });
    if (!found) throw new Error('unreachable: it was seen');
    return found;
  };
  const history = async (deliveryId: string) =>
    History.parse((await comanda.staff.get(`/deliveries/${deliveryId}`)).body);

  /** What the witness was told about a subscription. */
  const notificationsAbout = (subscriptionId: string): string[] =>
    comanda.witness.receiver.attempts
      .filter(({ event }) => event.data.subscriptionId === subscriptionId)
      .map(({ event }) => event.type);
  /** How long each attempt waited after the end of the one before, as they are written down. */
  const waitsIn = ({ attempts }: z.infer<typeof History>): number[] =>
    attempts
      .slice(1)
      .map(
        ({ at }, n) => Date.parse(at) - Date.parse(attempts[n]?.at ?? '') - (attempts[n]?.durationMs ?? 0),
      );

  it('goes to the subscriptions of its type, and to no other', async () => {
    const confirmed = await comanda.subscribe(['order.confirmed']);
    const money = await comanda.subscribe(['payment.*', 'order.rejected']);
    const orderId = await confirmOne();
    await confirmed.receiver.until('order.confirmed', () => confirmed.receiver.attempts.length === 1);
    await money.receiver.until('payment.completed', () => money.receiver.attempts.length === 1);
    await checkBooks(comanda);
    expect(confirmed.receiver.about(orderId).map(({ event }) => event.type)).toEqual(['order.confirmed']);
    expect(money.receiver.about(orderId).map(({ event }) => event.type)).toEqual(['payment.completed']);
    const [attempt] = confirmed.receiver.attempts;
    expect(attempt?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': attempt?.event.id,
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(await deliveriesOf({ subscriptionId: confirmed.subscriptionId })).toEqual([
      expect.objectContaining({ eventId: attempt?.id, orderId, status: 'DELIVERED' }),
    ]);
    for (const { subscriptionId } of [confirmed, money])
      expect((await comanda.staff.delete(`/subscriptions/${subscriptionId}`)).status).toBe(204);
  });

  it('that fails is sent again on schedule: the same id, the same bytes, signed anew; the history tells', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    receiver.behave({ kind: 'status', code: 500, times: 2 });
    await confirmOne();
    const { deliveryId, eventId } = await deliveryThat(subscriptionId, 'DELIVERED');
    expect(receiver.attempts.map(({ answered }) => answered)).toEqual([500, 500, 204]);
    expect(new Set(receiver.attempts.map(({ id }) => id))).toEqual(new Set([eventId]));
    expect(new Set(receiver.attempts.map(({ body }) => body)).size).toBe(1);
    // Signed anew for the time of each attempt, which is in whole seconds: two may fall into the same one.
    const different = (header: string) =>
      new Set(receiver.attempts.map(({ headers }) => headers[header])).size;
    expect(different('webhook-signature')).toBe(different('webhook-timestamp'));
    expect(different('webhook-timestamp')).toBeGreaterThanOrEqual(2);
    const written = await history(deliveryId);
    expect(written.attempts.map(({ statusCode }) => statusCode)).toEqual([500, 500, 204]);
    for (const wait of waitsIn(written)) expect(wait).toBeGreaterThanOrEqual(LEAST_WAIT_MS - ROUNDED_MS);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('of a test goes to one subscription, which need not want or take it, and changes nothing for it', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    const other = await comanda.subscribe(['*']);
    const path = `/subscriptions/${subscriptionId}`;
    const ask = (key: string) => comanda.staff.post(`${path}/test`, {}, { 'idempotency-key': key });
    const Tested = Delivery.extend({ attempts: z.array(z.looseObject({ statusCode: z.number() })) });
    expect((await comanda.staff.patch(path, { enabled: false })).status).toBe(200);
    const before = (await comanda.staff.get(path)).body;

    receiver.behave({ kind: 'status', code: 410, times: 1 });
    const failed = await ask('first test');
    expect(failed.status).toBe(200);
    const { deliveryId, eventId, attempts } = Tested.parse(failed.body);
    expect(failed.body).toMatchObject({ subscriptionId, eventType: 'webhook.test', status: 'FAILED' });
    expect(attempts).toMatchObject([{ statusCode: 410, responseBody: '', durationMs: expect.any(Number) }]);
    expect((await ask('first test')).body).toEqual(failed.body);
    expect(receiver.attempts.map(({ id, event }) => [id, event])).toEqual([
      [
        eventId,
        expect.objectContaining({
          ...{ type: 'webhook.test', subject: eventId, subjectType: 'test', sequence: 1 },
          data: { testId: eventId, subscriptionId },
        }),
      ],
    ]);

    // One that takes longer than a request may.
    receiver.behave({ kind: 'hang', times: 1 });
    const slow = await ask('slow test');
    expect([slow.status, slow.body]).toEqual([
      202,
      { status: 'PENDING', location: expect.stringContaining('/deliveries/') },
    ]);
    await until('it has ended', async () => (await ask('slow test')).status === 200);
    expect((await ask('slow test')).body).toMatchObject({
      status: 'FAILED',
      attempts: [{ error: expect.stringContaining('timeout') }],
    });
    expect(receiver.attempts).toHaveLength(2);

    // By hand it is sent once more, and again changes nothing.
    receiver.behave({ kind: 'status', code: 500, times: 1 });
    expect((await comanda.staff.post(`/deliveries/${deliveryId}/retry`)).status).toBe(202);
    await until('the third attempt', async () => (await history(deliveryId)).attempts.length === 2);
    expect(await history(deliveryId)).toMatchObject({ status: 'FAILED' });
    expect((await deliveriesOf({ eventType: 'webhook.test', subscriptionId })).length).toBe(2);
    expect((await comanda.staff.get(path)).body).toEqual(before);
    expect((await comanda.staff.get(`${path}/stats`)).body).toMatchObject({
      overall: { delivered: 0, failed: 0, dropped: 0, attempts: 0 },
      lastAnswers: [],
    });

    // Nobody else hears of it: not as it comes, and not by a replay of all that was.
    const replayed = await comanda.staff.post(`/subscriptions/${other.subscriptionId}/replay`, {
      since: new Date(Date.now() - 600_000).toISOString(),
    });
    const { replayId } = Replay.parse(replayed.body);
    await until('the replay has ended', async () => {
      const one = await comanda.staff.get(`/subscriptions/${other.subscriptionId}/replays/${replayId}`);
      return Replay.parse(one.body).status === 'DONE';
    });
    await checkBooks(comanda);
    for (const { attempts: seen } of [other.receiver, comanda.witness.receiver])
      expect(seen.filter(({ event }) => event.type === 'webhook.test')).toEqual([]);
    expect(notificationsAbout(subscriptionId)).toEqual([]);
    for (const one of [subscriptionId, other.subscriptionId])
      await comanda.staff.delete(`/subscriptions/${one}`);
  });

  it('is signed with the old and the new secret after a rotation, so that no receiver misses one', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    const path = `/subscriptions/${subscriptionId}/rotate-secret`;
    const { secret } = z
      .object({ secret: z.string() })
      .parse((await comanda.staff.post(path, {}, { 'idempotency-key': randomUUID() })).body);
    await confirmOne();
    // With the secret that it was made with the receiver verifies everything.
    await receiver.until('it arrived', () => receiver.attempts.length === 1);
    expect(receiver.forged).toEqual([]);
    const [attempt] = receiver.attempts;
    expect(attempt?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    const body = new Webhook(secret).verify(attempt?.body ?? '', attempt?.headers ?? {});
    expect(body).toMatchObject({ id: attempt?.id });
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('may be signed with a private key: whoever reads the public one verifies, and gets no secret', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed'], undefined, {
      signature: 'v1a',
    });
    const { body } = await comanda.staff.get(`/subscriptions/${subscriptionId}`);
    expect(body).toMatchObject({ signature: 'v1a', publicKey: receiver.publicKey });
    receiver.behave({ kind: 'status', code: 500, times: 1 });
    await confirmOne();
    await deliveryThat(subscriptionId, 'DELIVERED');
    expect(receiver.attempts.map(({ answered }) => answered)).toEqual([500, 204]);
    for (const { headers } of receiver.attempts)
      expect(headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
    expect(receiver.forged).toEqual([]);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('can be proven to somebody else, who verifies it offline with what they have got', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    receiver.behave({ kind: 'status', code: 503, times: 1 });
    const orderId = await confirmOne();
    await deliveryThat(subscriptionId, 'DELIVERED');
    const { status, body } = await comanda.staff.get(
      `/orders/${orderId}/delivery-proof?subscriptionId=${subscriptionId}`,
    );
    expect(status).toBe(200);
    const keys = await fetch(`${comanda.staff.url}/.well-known/delivery-proof-keys.json`);
    const { proof } = z.object({ proof: z.string() }).parse(body);
    const files = { 'proof.jws': proof, 'keys.json': await keys.text() };
    const received = receiver.attempts[0];
    const said = verifyProof({ ...files, 'body.json': received?.body ?? '' });
    expect(said).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`order.confirmed ${received?.id}`),
    });
    const { events } = JSON.parse(said.stdout.slice(said.stdout.indexOf('{')));
    expect(events).toHaveLength(1);
    expect(events[0].deliveries).toEqual([
      expect.objectContaining({
        subscriptionId,
        status: 'DELIVERED',
        attempts: [503, 204].map((statusCode) =>
          expect.objectContaining({ statusCode, origin: new URL(receiver.url).origin }),
        ),
      }),
    ]);
    expect(verifyProof({ ...files, 'body.json': `${received?.body} ` })).toMatchObject({
      status: 1,
      stdout: '',
    });
    expect((await comanda.customer.get(`/orders/${orderId}/delivery-proof`)).status).toBe(403);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  describe('in a terminal (npm run webhooks)', () => {
    const environment = async () => {
      const made = await comanda.staff.post('/api-keys', { name: 'tail', scopes: ['webhooks:manage'] });
      const { key } = z.object({ key: z.string() }).parse(made.body);
      return { PATH: process.env.PATH, COMANDA_URL: comanda.staff.url, COMANDA_API_KEY: key, TERM: 'xterm' };
    };

    it('is a line for a program when it begins and when it changes; a script sends it again', async () => {
      const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
      const env = await environment();
      const tail = spawn(
        process.execPath,
        [CLI, 'webhooks', 'tail', '--json', '--subscription', subscriptionId],
        { env },
      );
      const lines: z.infer<typeof Deliveries>['items'] = [];
      createInterface({ input: tail.stdout }).on('line', (line) =>
        lines.push(...Deliveries.parse({ items: [JSON.parse(line)] }).items),
      );
      const errors: string[] = [];
      tail.stderr.on('data', (chunk) => errors.push(String(chunk)));
      try {
        receiver.behave({ kind: 'status', code: 500, times: 1 });
        await confirmOne();
        await until('the delivery is shown', async () => lines.at(-1)?.status === 'DELIVERED');
        const [{ deliveryId } = { deliveryId: '' }] = lines;
        expect(new Set(lines.map((line) => line.deliveryId)).size).toBe(1);
        const attempts = receiver.attempts.length;
        const again = spawnSync(process.execPath, [CLI, 'webhooks', 'resend', deliveryId], {
          env,
          encoding: 'utf8',
        });
        expect([again.status, again.stdout, again.stderr]).toEqual([
          0,
          `${deliveryId}: order.confirmed is sent again to subscription ${subscriptionId}\n`,
          '',
        ]);
        await receiver.until('it is sent again', () => receiver.attempts.length === attempts + 1);
        const unknown = spawnSync(process.execPath, [CLI, 'webhooks', 'resend', randomUUID()], {
          env,
          encoding: 'utf8',
        });
        expect([unknown.status, unknown.stdout]).toEqual([2, '']);
        expect(unknown.stderr).toContain('There is no delivery');
        const refused = spawnSync(process.execPath, [CLI, 'webhooks', 'tail', '--json'], {
          env: { ...env, COMANDA_API_KEY: 'cmd_live_none' },
          encoding: 'utf8',
        });
        expect([refused.status, refused.stdout]).toEqual([2, '']);
        expect(refused.stderr).toContain('COMANDA_API_KEY');
        expect(errors).toEqual([]);
      } finally {
        tail.kill();
        await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
      }
    });

    (PYTHON ? it : it.skip)('is a row for a person, whose keys open it and send it again', async () => {
      const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
      const orderId = await confirmOne();
      const { deliveryId } = await deliveryThat(subscriptionId, 'DELIVERED');
      const terminal = spawn(
        'python3',
        [
          '-c',
          PSEUDO_TERMINAL,
          process.execPath,
          CLI,
          'webhooks',
          'tail',
          '--order',
          orderId,
          '--subscription',
          subscriptionId,
        ],
        { env: { ...(await environment()), NO_COLOR: '1' } },
      );
      const drawn: string[] = [];
      terminal.stdout.on('data', (chunk) => drawn.push(String(chunk)));
      const ended = once(terminal, 'exit');
      const shows = (text: string) =>
        until(`the terminal shows ${text}`, async () => drawn.join('').includes(text));
      try {
        await shows('DELIVERED  order.confirmed');
        terminal.stdin.write('\r');
        await shows('204');
        terminal.stdin.write('r');
        await shows(`${deliveryId} is sent again`);
        await receiver.until('it is sent again', () => receiver.attempts.length === 2);
        terminal.stdin.write('q');
        expect((await ended)[0]).toBe(0);
        // Nothing but moves of the cursor, and the terminal is left as it was.
        expect(drawn.join('')).not.toMatch(COLOUR);
        expect(drawn.join('').endsWith('\x1b[?7h\x1b[?25h\x1b[?1049l')).toBe(true);
      } finally {
        terminal.kill();
        await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
      }
    });
  });

  it('whose schedule is used up is kept as failed, told of, and can be sent by hand, again and again', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    receiver.behave({ kind: 'status', code: 503 });
    await confirmOne();
    const { deliveryId } = await deliveryThat(subscriptionId, 'FAILED');
    expect(receiver.attempts).toHaveLength(1 + RETRY_SECONDS.length);
    await comanda.witness.receiver.until('that it failed is told', () =>
      notificationsAbout(subscriptionId).includes('webhook.deliveryFailed'),
    );
    receiver.behave({ kind: 'ok' });
    for (const times of [1, 2]) {
      expect((await comanda.staff.post(`/deliveries/${deliveryId}/retry`)).status).toBe(202);
      await receiver.until(`sent by hand, ${times}`, () => receiver.attempts.length === 4 + times);
      await deliveryThat(subscriptionId, 'DELIVERED');
    }
    for (const part of ['id', 'body'] as const)
      expect(new Set(receiver.attempts.map((attempt) => attempt[part])).size).toBe(1);
    // Of the order, not of the request to send it again.
    expect(new Set(receiver.attempts.map(({ headers }) => headers['x-correlation-id']))).toEqual(
      new Set([receiver.attempts[0]?.event.correlationId]),
    );
    await checkBooks(comanda);
    expect((await history(deliveryId)).attempts.map(({ statusCode }) => statusCode)).toEqual([
      503, 503, 503, 503, 204, 204,
    ]);
    expect(notificationsAbout(subscriptionId)).toEqual(['webhook.deliveryFailed']);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('can be sent once more with all of its time, to one who came later, too: the same id, the same bytes', async () => {
    const since = new Date().toISOString();
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    for (let nth = 1; nth <= 3; nth++) await confirmOne();
    await receiver.until('three events', () => receiver.attempts.length === 3);
    const sent = new Map(receiver.attempts.map(({ id, body }) => [id, body]));
    const later = await comanda.subscribe(['order.confirmed']);

    const replayed = async (of: string, body: object, headers?: Record<string, string>) => {
      const answer = await comanda.staff.post(`/subscriptions/${of}/replay`, body, headers);
      expect([answer.status, answer.headers.get('location')]).toEqual([
        202,
        `/api/v1/subscriptions/${of}/replays/${Replay.parse(answer.body).replayId}`,
      ]);
      return Replay.parse(answer.body).replayId;
    };
    const ended = async (of: string, replayId: string) => {
      let replay: z.infer<typeof Replay> | undefined;
      await until(`the replay ${replayId} has ended`, async () => {
        replay = Replay.parse((await comanda.staff.get(`/subscriptions/${of}/replays/${replayId}`)).body);
        return replay.status !== 'RUNNING';
      });
      return replay;
    };
    const key = { 'idempotency-key': 'once more' };
    const replayId = await replayed(later.subscriptionId, { since }, key);
    expect(await replayed(later.subscriptionId, { since }, key)).toBe(replayId);
    expect(await ended(later.subscriptionId, replayId)).toMatchObject({ status: 'DONE', scheduled: 3 });
    await later.receiver.until('what was before it came', () => later.receiver.attempts.length >= 3);
    const made = await deliveriesOf({ replayId });
    expect(made.map(({ eventId }) => eventId).sort()).toEqual([...sent.keys()].sort());
    for (const { deliveryId } of made)
      await until(
        `${deliveryId} has arrived`,
        async () => (await history(deliveryId)).status === 'DELIVERED',
      );
    expect(new Map(later.receiver.attempts.map(({ id, body }) => [id, body]))).toEqual(sent);
    expect([later.receiver.attempts.length, later.receiver.forged, receiver.attempts.length]).toEqual([
      3,
      [],
      3,
    ]);

    // Of those that failed, there is one.
    receiver.behave({ kind: 'status', code: 503 });
    await confirmOne();
    const { eventId } = await deliveryThat(subscriptionId, 'FAILED');
    receiver.behave({ kind: 'ok' });
    const before = receiver.attempts.length;
    const onlyFailed = await replayed(subscriptionId, { since, onlyFailed: true });
    expect(await ended(subscriptionId, onlyFailed)).toMatchObject({ status: 'DONE', scheduled: 1 });
    await receiver.until('it has arrived after all', () => receiver.attempts.length > before);
    expect(receiver.attempts.slice(before).map(({ id }) => id)).toEqual([eventId]);
    await until('that is written down', async () =>
      (await deliveriesOf({ replayId: onlyFailed })).every(({ status }) => status === 'DELIVERED'),
    );
    const none = await replayed(subscriptionId, { since, onlyFailed: true });
    expect(await ended(subscriptionId, none)).toMatchObject({ status: 'DONE', scheduled: 0 });

    const path = `/subscriptions/${subscriptionId}`;
    const list = Replays.parse((await comanda.staff.get(`${path}/replays?limit=1`)).body);
    expect(list.items.map((one) => one.replayId)).toEqual([none]);
    expect((await comanda.staff.post(`${path}/replays/${none}/cancel`)).body).toMatchObject({
      status: 'DONE',
    });
    expect((await comanda.staff.post(`${path}/replay`, { since, until: since })).body).toMatchObject({
      code: 'BAD_RANGE',
    });
    const seen = await comanda.staff.get(path);
    expect(seen.body).toMatchObject({
      health: {
        ...{ state: 'HEALTHY', circuit: 'CLOSED', pending: 0, delivered24h: 4, failed24h: 1 },
        lastError: 'answered 503',
      },
    });
    const all = await comanda.staff.get('/subscriptions?limit=100');
    expect(Listed.parse(all.body).items.find((one) => one.subscriptionId === subscriptionId)).toEqual(
      seen.body,
    );
    const stats = Stats.parse((await comanda.staff.get(`${path}/stats`)).body);
    const attempts = 3 + 1 + RETRY_SECONDS.length + 1;
    expect(stats.overall).toMatchObject({ delivered: 4, failed: 1, dropped: 0, attempts });
    expect(stats.hours.reduce((sum, hour) => sum + hour.attempts, 0)).toBe(attempts);
    expect(stats.lastAnswers.map(({ statusCode }) => statusCode)).toEqual([
      204,
      ...Array(1 + RETRY_SECONDS.length).fill(503),
      ...[204, 204, 204],
    ]);
    const endless = await comanda.staff.get(`${path}/stats?since=2020-01-01T00:00:00Z`);
    expect([endless.status, endless.body]).toMatchObject([400, { code: 'BAD_RANGE' }]);
    await checkBooks(comanda);
    for (const id of [subscriptionId, later.subscriptionId])
      await comanda.staff.delete(`/subscriptions/${id}`);
  });

  it('answered 410 is the last one: the subscription is disabled, that is told, and what waits for it is dropped', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    receiver.behave({ kind: 'status', code: 503, headers: { 'retry-after': '5' }, times: 1 });
    await confirmOne();
    await receiver.until('the first attempt', () => receiver.attempts.length === 1);
    receiver.behave({ kind: 'status', code: 410 });
    await confirmOne();
    await deliveryThat(subscriptionId, 'FAILED');
    const subscription = await comanda.staff.get(`/subscriptions/${subscriptionId}`);
    const why = 'The endpoint answered 410 Gone';
    expect(subscription.body).toMatchObject({ enabled: false, disabledReason: why });
    const waiting = await deliveryThat(subscriptionId, 'DROPPED');
    expect((await history(waiting.deliveryId)).attempts).toMatchObject([
      { statusCode: 503 },
      { error: `not sent: the subscription is disabled: ${why}` },
    ]);
    await confirmOne();
    await checkBooks(comanda);
    expect(receiver.attempts.map(({ answered }) => answered)).toEqual([503, 410]);
    expect(await deliveriesOf({ subscriptionId })).toHaveLength(2);
    expect(notificationsAbout(subscriptionId).toSorted()).toEqual([
      'webhook.deliveryFailed',
      'webhook.subscriptionDisabled',
    ]);
  });

  it('waiting for a subscription that is deleted meanwhile is dropped', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    receiver.behave({ kind: 'status', code: 500 });
    await confirmOne();
    await receiver.until('the first attempt', () => receiver.attempts.length === 1);
    expect((await comanda.staff.delete(`/subscriptions/${subscriptionId}`)).status).toBe(204);
    const sent = receiver.attempts.length;
    const { deliveryId } = await deliveryThat(subscriptionId, 'DROPPED');
    // One attempt may have been on its way when the subscription was deleted; none was begun after that.
    expect(receiver.attempts.length - sent).toBeLessThanOrEqual(1);
    const { attempts } = await history(deliveryId);
    expect(attempts.at(-1)?.error).toBe('not sent: the subscription was deleted');
    expect((await comanda.staff.get(`/subscriptions/${subscriptionId}`)).status).toBe(404);
  });

  it('goes where staff send it, and nowhere while its subscription is disabled', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.confirmed']);
    const change = (body: object) => comanda.staff.patch(`/subscriptions/${subscriptionId}`, body);
    const pathsOf = (from = 0) => receiver.attempts.slice(from).map(({ path }) => path);
    receiver.behave({ kind: 'status', code: 500 });
    await confirmOne();
    await receiver.until('the first attempt', () => receiver.attempts.length === 1);
    const moved = await change({ target: `${receiver.url}/moved` });
    expect([moved.status, moved.body]).toEqual([
      200,
      expect.objectContaining({ target: `${receiver.url}/moved`, enabled: true }),
    ]);
    receiver.behave({ kind: 'ok' });
    await deliveryThat(subscriptionId, 'DELIVERED');
    expect(pathsOf().at(-1)).toBe('/hooks/moved');
    expect(new Set(receiver.attempts.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);

    receiver.behave({ kind: 'status', code: 500 });
    const before = receiver.attempts.length;
    await confirmOne();
    await receiver.until('the next one', () => receiver.attempts.length > before);
    expect((await change({ enabled: false })).body).toMatchObject({ enabled: false });
    const { deliveryId } = await deliveryThat(subscriptionId, 'DROPPED');
    expect((await history(deliveryId)).attempts.at(-1)?.error).toBe(
      'not sent: the subscription is disabled: by hand',
    );
    receiver.behave({ kind: 'ok' });
    const disabledAt = receiver.attempts.length;
    await confirmOne();
    await checkBooks(comanda);
    expect(await deliveriesOf({ subscriptionId })).toHaveLength(2);

    expect((await change({ enabled: true, eventTypes: ['payment.completed'] })).body).toMatchObject({
      enabled: true,
      eventTypes: ['payment.completed'],
    });
    await confirmOne();
    await receiver.until('what it wants now', () => receiver.attempts.length > disabledAt);
    await checkBooks(comanda);
    expect(receiver.attempts.slice(disabledAt).map(({ path, event }) => [path, event.type])).toEqual([
      ['/hooks/moved', 'payment.completed'],
    ]);
    expect((await change({ target: 'http://10.0.0.1/' })).body).toMatchObject({ code: 'UNSAFE_TARGET' });
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
    expect((await change({ enabled: true })).status).toBe(404);
  });

  it('answered with a redirect, too late, or with Retry-After, is sent again to the same address in its time', async () => {
    const redirecting = await comanda.subscribe(['order.confirmed']);
    const hanging = await comanda.subscribe(['order.confirmed']);
    const busy = await comanda.subscribe(['order.confirmed']);
    redirecting.receiver.behave({
      kind: 'status',
      code: 302,
      headers: { location: `${redirecting.receiver.url}/elsewhere` },
      times: 1,
    });
    hanging.receiver.behave({ kind: 'hang', times: 1 });
    busy.receiver.behave({ kind: 'status', code: 429, headers: { 'retry-after': '3' }, times: 1 });
    await confirmOne();
    const waits: number[] = [];
    for (const { receiver, subscriptionId } of [redirecting, hanging, busy]) {
      const { deliveryId } = await deliveryThat(subscriptionId, 'DELIVERED');
      const written = await history(deliveryId);
      waits.push(...waitsIn(written));
      if (receiver === hanging.receiver)
        expect(written.attempts[0]?.error).toContain('no complete answer within 2000 ms');
      expect(receiver.attempts).toHaveLength(2);
      expect(new Set(receiver.attempts.map(({ path }) => path))).toEqual(new Set(['/hooks']));
      await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
    }
    expect(waits).toHaveLength(3);
    for (const [at, least] of [LEAST_WAIT_MS, LEAST_WAIT_MS, 3_000].entries())
      expect(waits[at]).toBeGreaterThanOrEqual(least - ROUNDED_MS);
  });

  it('for a healthy endpoint does not wait behind one that hangs', async () => {
    const hanging = await comanda.subscribe(['order.*']);
    hanging.receiver.behave({ kind: 'hang' });
    const healthy = await comanda.subscribe(['order.*']);
    const orders = await Promise.all(Array.from({ length: 15 }, confirmOne));
    await healthy.receiver.until('all of it', () => healthy.receiver.taken.size === 30);
    expect(new Set(healthy.receiver.attempts.map(({ event }) => event.data.orderId))).toEqual(
      new Set(orders),
    );
    // 30 are wanted there; none was answered, and by the second time-out the healthy one had everything.
    expect(hanging.receiver.taken.size).toBe(0);
    expect((await deliveriesOf({ subscriptionId: hanging.subscriptionId, status: 'DELIVERED' })).length).toBe(
      0,
    );
    hanging.receiver.behave({ kind: 'ok' });
    await hanging.receiver.until('all of it, later', () => hanging.receiver.taken.size === 30);
    for (const { subscriptionId } of [hanging, healthy])
      await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('can be asked for by staff alone, for known types and sane targets', async () => {
    const target = 'http://127.0.0.1:9/';
    const asked = (body: object) => comanda.staff.post('/subscriptions', body);
    const answers = [
      await comanda.customer.post('/subscriptions', { channel: 'webhook', target, eventTypes: ['*'] }),
      await asked({ channel: 'webhook', target, eventTypes: ['kitchen.*'] }),
      await asked({ channel: 'webhook', target: 'ftp://127.0.0.1/', eventTypes: ['*'] }),
      await asked({ channel: 'webhook', target: 'http://user:pw@127.0.0.1/', eventTypes: ['*'] }),
      await asked({ channel: 'telegram', target: 'nobody', eventTypes: ['*'] }),
      await asked({ channel: 'webhook', target, eventTypes: ['*'], secret: 'short' }),
      await asked({ channel: 'webhook', target, eventTypes: ['*'], unknown: 1 }),
      await asked({ channel: 'webhook', target, eventTypes: ['*'], signature: 'v2' }),
      await asked({ channel: 'webhook', target, eventTypes: ['*'], signature: 'v1a', secret: newSecret() }),
      await asked({ channel: 'telegram', target: '42', eventTypes: ['*'], signature: 'v1a' }),
      await asked({ channel: 'webhook', target, eventTypes: ['*'], locale: 'es' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, ...Array(10).fill(400)]);
    expect(answers.slice(-3).map(({ body }) => body)).toMatchObject([
      { code: 'BAD_SECRET', detail: 'secret: v1a signs with a key of ours; leave it out' },
      { code: 'NO_SECRET_HERE', detail: 'signature: only webhooks are signed' },
      { code: 'NO_LOCALE_HERE' },
    ]);
  });

  it('to Telegram is a message in the chat', async () => {
    const answer = await comanda.staff.post('/subscriptions', {
      channel: 'telegram',
      target: '4711',
      eventTypes: ['order.confirmed'],
      locale: 'es',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ locale: 'es' });
    expect(answer.body).not.toHaveProperty('secret');
    const { subscriptionId } = answer.body as { subscriptionId: string };
    telegram.behave({ kind: 'error', code: 429, retryAfter: 1, times: 1 });
    const orderId = await confirmOne();
    await until('a message at Telegram', () => telegram.messages.length === 1);
    const [message] = telegram.messages;
    expect(message).toMatchObject({ chatId: '4711', token: '1000000:e2e', fields: { parse_mode: 'HTML' } });
    expect(message?.text).toContain('Pedido confirmado');
    expect(message?.text).toContain(orderId);
    expect(message?.text).toContain('1,80');
    await deliveryThat(subscriptionId, 'DELIVERED');
    expect(telegram.calls).toBe(2);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
  });

  it('is followed by answers in the same chat: the order with its steps, and the stock', async () => {
    const chat = { channel: 'telegram', target: '88', eventTypes: ['payment.disputed'] };
    const { subscriptionId } = z
      .object({ subscriptionId: z.string() })
      .parse((await comanda.staff.post('/subscriptions', chat)).body);
    const orderId = await confirmOne();
    const answer = async (text: string): Promise<string> => {
      const before = telegram.messages.length;
      telegram.write({ chatId: 88, text });
      await until(`an answer to ${text}`, () => telegram.messages.length > before);
      return telegram.messages.at(-1)?.text ?? '';
    };
    const order = await answer(`/order ${orderId}`);
    expect(order).toContain(`<code>${orderId}</code>\nStatus: <b>confirmed</b>`);
    expect(order).toContain('Total: 1.80 EUR');
    expect(order).toMatch(/UTC <code>order.confirmed<\/code>/);
    expect(await answer('/stock espresso')).toMatch(/^📦 <b>Stock<\/b>\n.*<b>\d+<\/b> · .*spresso/u);
    await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
    expect(await answer('/stock')).toContain('This chat is not registered. Its id is <code>88</code>.');
  });

  it('reaches the receivers of edge-functions/: the logger stores it once, the notifier writes to Telegram', async () => {
    const [logger, notifier] = [newSecret(), newSecret()];
    const [loggerPort, notifierPort] = [await freePort(), await freePort()];
    const receivers = await startReceivers({
      loggerPort,
      notifierPort,
      env: {
        LOGGER_RECEIVER_SECRET: logger,
        NOTIFIER_RECEIVER_SECRET: notifier,
        LOGGER_DATABASE: join(comanda.directory, 'receivers.db'),
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_BOT_TOKEN: '1000000:receivers',
        TELEGRAM_CHAT_ID: '77',
      },
    });
    const stored = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${loggerPort}/events?type=order.confirmed`)).json();
    try {
      const subscriptions: { subscriptionId: string }[] = [];
      for (const [port, secret] of [[loggerPort, logger] as const, [notifierPort, notifier] as const]) {
        const target = `http://127.0.0.1:${port}/`;
        const subscription = { channel: 'webhook', target, eventTypes: ['order.confirmed'], secret };
        const answer = await comanda.staff.post('/subscriptions', subscription);
        subscriptions.push(z.object({ subscriptionId: z.string() }).parse(answer.body));
      }
      const orderId = await confirmOne();
      for (const { subscriptionId } of subscriptions) {
        const { deliveryId } = await deliveryThat(subscriptionId, 'DELIVERED');
        expect(await history(deliveryId)).toMatchObject({ attempts: [{ statusCode: 200 }] });
      }
      expect(await stored()).toMatchObject({ items: [{ type: 'order.confirmed', data: { orderId } }] });
      const written = telegram.messages.filter(({ token }) => token === '1000000:receivers');
      expect(written).toMatchObject([{ chatId: '77', text: expect.stringContaining(orderId) }]);
      for (const { subscriptionId } of subscriptions)
        await comanda.staff.delete(`/subscriptions/${subscriptionId}`);
    } finally {
      await receivers.stop();
    }
  });

  it('leaves the books right', async () => {
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({ orders: accepted.length, confirmed: accepted.length });
  });

  it('goes to no inner address outside the demo, not even for a subscription that the demo allowed', async () => {
    let connections = 0;
    const inner = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(inner.listen(0, '127.0.0.1'), 'listening');
    const { port } = inner.address() as AddressInfo;
    const ask = (target: string) =>
      comanda.staff.post('/subscriptions', { channel: 'webhook', target, eventTypes: ['order.confirmed'] });
    const before: string[] = [];
    for (const scheme of ['http', 'https']) {
      const made = await ask(`${scheme}://127.0.0.1:${port}/`);
      expect(made.status).toBe(201);
      before.push(z.object({ subscriptionId: z.string() }).parse(made.body).subscriptionId);
    }
    expect(await ask('https://10.0.0.1/')).toMatchObject({
      status: 400,
      body: { detail: 'target: is not allowed' },
    });

    await comanda.platform.restart('webhooks', { COMANDA_DEMO: 'false' });
    for (const host of ['127.0.0.1', '[::1]', '169.254.169.254', 'localhost', '[::ffff:127.0.0.1]']) {
      const refusal = (detail: string) => ({ status: 400, body: { code: 'UNSAFE_TARGET', detail } });
      expect(await ask(`https://${host}:${port}/`)).toMatchObject(refusal('target: is not allowed'));
      expect(await ask(`http://${host}:${port}/`)).toMatchObject(refusal('target: must begin with https://'));
    }
    await confirmOne();
    const errors: (string | undefined)[] = [];
    for (const subscriptionId of before) {
      const { attempts } = await history((await deliveryThat(subscriptionId, 'FAILED')).deliveryId);
      errors.push(...attempts.map(({ error }) => error));
    }
    expect(errors).toEqual(['unsafe-target: must begin with https://', 'unsafe-target: not allowed']);
    expect(connections).toBe(0);
    const log = comanda.platform.services.get('webhooks')?.tail(200) ?? [];
    for (const subscriptionId of before)
      expect(log.filter((line) => line.includes(subscriptionId))).toEqual([
        expect.stringContaining('"cause":"127.0.0.1: loopback address"'),
      ]);
    inner.close();
  });
});

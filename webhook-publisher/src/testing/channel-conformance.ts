import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Attempt, Channel, ChannelDependencies } from '../channels/channel.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { type NextStep, nextStep } from '../domain/delivery-outcome.js';
import { SecretVault } from '../storage/secret-vault.js';

/** What the peer of a channel does with an attempt; each speaks the channel's own protocol. */
export type Behaviour =
  | 'takes it'
  | 'fails'
  /** Will never take the message, however often we try. */
  | 'refuses it for good'
  | 'hangs'
  | 'hangs up'
  | 'answers nonsense'
  | 'sends back all that it got'
  /** Asks to wait for 35 seconds; only where the protocol has a way to. */
  | 'throttles';

/** A receiver of a channel's attempts, on loopback. */
export interface Peer {
  /** For each attempt that reached it, the bytes that make the message. */
  readonly got: readonly string[];
  behave(how: Behaviour): void;
  stop(): Promise<void>;
}

/** What the suite must know about a channel. */
export interface ChannelUnderTest<P extends Peer = Peer> {
  start(): Promise<P>;
  /** The channel as an operator would set it up to reach this peer. */
  open(peer: P, timeoutMs: number, dependencies: ChannelDependencies): Channel;
  /** The same channel when none of the settings that it needs is set; a channel that needs none has no such method. */
  openUnconfigured?(dependencies: ChannelDependencies): Channel;
  target(peer: P): string;
  /** Of its settings and its targets. */
  readonly secrets: readonly string[];
  readonly goodTargets: readonly string[];
  readonly badTargets: readonly string[];
  /** Its protocol has no way to ask for a pause. */
  readonly cannotThrottle?: true;
}

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const row = { tenantId: 'default', subscriptionId: '0192d1a4-a000-7000-8000-00000000d001' };
const eventId = '0192d1a4-9000-7000-8000-00000000e001';

/** What every channel must do, whatever it sends. Its own specs say what it sends, and how. */
export function itConforms<P extends Peer>(name: string, under: ChannelUnderTest<P>): void {
  describe(`the channel ${name} conforms:`, () => {
    let peer: P;
    let now: number;
    beforeEach(async () => {
      now = NOW;
      peer = await under.start();
    });
    afterEach(() => peer.stop());

    const dependencies: ChannelDependencies = {
      vault: new SecretVault({ id: 'one', key: 'a key of the vault in these tests' }),
      clock: () => new Date(now),
    };
    const open = (timeoutMs = 5_000) => under.open(peer, timeoutMs, dependencies);
    /** A delivery as the worker makes it, to a subscription as it was created. */
    const attemptOn = (channel: Channel): Attempt => {
      const { vault } = dependencies;
      const made = channel.newSecrets?.(
        { row, signature: 'v1', brought: undefined, headers: undefined, answerKey: vault.publicKey },
        { newSecret: () => Buffer.alloc(32, 1) },
      );
      if (made?.kind === 'refused') throw new Error(made.reason);
      const data = { orderId: 'o-1', totalAmount: 1250, currency: 'EUR' };
      const event = { id: eventId, type: 'order.confirmed', timestamp: '2027-02-01T00:00:00.000Z', data };
      return {
        row,
        target: under.target(peer),
        deliveryId: '0192d1a4-a100-7000-8000-00000000d002',
        language: 'en',
        secrets: made?.stored ?? null,
        eventId,
        type: 'order.confirmed',
        correlationId: 'a request of ours',
        body: JSON.stringify(event),
      };
    };
    const stepAfter = (result: AttemptResult): NextStep =>
      nextStep(result, {
        failures: 0,
        skipped: 0,
        moved: false,
        scheduleSeconds: [1],
        now,
        random: () => 0.5,
      });
    /** What follows from one attempt when the peer does this. */
    const follows = async (how: Behaviour, timeoutMs?: number): Promise<NextStep> => {
      peer.behave(how);
      const channel = open(timeoutMs);
      return stepAfter(await channel.send(attemptOn(channel)));
    };
    const retriedIn = (ms: number) => ({ kind: 'retry', dueAt: NOW + ms });

    test('takes a peer that takes it for delivered, after one attempt', async () => {
      expect(await follows('takes it')).toEqual({ kind: 'delivered' });
      expect(peer.got).toHaveLength(1);
    });

    test.each(['fails', 'hangs up', 'answers nonsense'] as const)(
      'a peer that %s is tried again by the schedule, and by nothing else',
      async (how) => {
        expect(await follows(how)).toEqual(retriedIn(1_000));
        expect(peer.got).toHaveLength(1);
      },
    );

    test('gives up a peer that hangs, in time, and it is tried again', async () => {
      expect(await follows('hangs', 200)).toEqual(retriedIn(1_000));
      expect(peer.got).toHaveLength(1);
    });

    test('sends nothing more after a refusal for good', async () => {
      expect(['failed', 'disable']).toContain((await follows('refuses it for good')).kind);
      expect(peer.got).toHaveLength(1);
    });

    if (!under.cannotThrottle)
      test('waits for as long as a peer that throttles asks', async () => {
        expect(await follows('throttles')).toEqual(retriedIn(35_000));
        expect(peer.got).toHaveLength(1);
      });

    test('sends the same bytes at every attempt, and something else for another event', async () => {
      peer.behave('takes it');
      const channel = open();
      const attempt = attemptOn(channel);
      await channel.send(attempt);
      now += 60_000;
      await channel.send(attempt);
      now += 60_000;
      const body = attempt.body.replace('o-1', 'o-2');
      await channel.send({ ...attempt, eventId: '0192d1a4-9000-7000-8000-00000000e002', body });
      expect(peer.got).toHaveLength(3);
      expect(peer.got[1]).toBe(peer.got[0]);
      expect(peer.got[2]).not.toBe(peer.got[0]);
    });

    test('words what people read in the language of the subscription; the event itself is in none', async () => {
      peer.behave('takes it');
      const channel = open();
      const attempt = attemptOn(channel);
      await channel.send(attempt);
      now += 60_000;
      await channel.send({ ...attempt, language: 'es' });
      expect(peer.got).toHaveLength(2);
      expect(peer.got[1] === peer.got[0]).toBe(channel.newSecrets !== undefined);
    });

    test('folds several events into one message, if it folds at all, and one answer is for all of them', async () => {
      const channel = open();
      const { folding } = channel;
      if (!folding) return expect(peer.got).toEqual([]);
      const attempt = attemptOn(channel);
      const other = { ...attempt, eventId: `${eventId}2`, body: attempt.body.replace('o-1', 'o-2') };
      for (const [how, kind] of [
        ['takes it', 'delivered'],
        ['fails', 'retry'],
      ] as const) {
        now += 60_000;
        peer.behave(how);
        const before = peer.got.length;
        expect(stepAfter(await folding.send([attempt, other])).kind).toBe(kind);
        expect(peer.got).toHaveLength(before + 1);
        expect(peer.got.at(-1)).toMatch(/o-1.*o-2/s);
      }
    });

    test.each([
      'takes it',
      'fails',
      'refuses it for good',
      'hangs',
      'hangs up',
      'answers nonsense',
      'sends back all that it got',
    ] as const)('shows no secret in the result of a peer that %s', async (how) => {
      peer.behave(how);
      const channel = open(300);
      const result = JSON.stringify(await channel.send(attemptOn(channel)));
      expect(peer.got).toHaveLength(1);
      for (const secret of under.secrets) {
        expect(result).not.toContain(secret);
        expect(result).not.toContain(Buffer.from(secret).toString('base64'));
      }
    });

    test('allows its own target, and others that are right', async () => {
      for (const target of [under.target(peer), ...under.goodTargets])
        expect([target, await open().checkTarget(target)]).toEqual([target, { kind: 'allowed' }]);
      expect(peer.got).toEqual([]);
    });

    test.each(['', ' ', 'a\r\nb: c', ...under.badTargets])(
      'refuses the target %j with the reason, and sends nothing to check it',
      async (target) => {
        expect(await open().checkTarget(target)).toMatchObject({
          kind: 'refused',
          code: expect.stringMatching(/^(BAD|UNSAFE)_TARGET$/),
          reason: expect.stringMatching(/^must |^is not allowed$/),
        });
        expect(peer.got).toEqual([]);
      },
    );

    const { openUnconfigured } = under;
    if (!openUnconfigured) return;
    test('that is not configured refuses subscriptions and names the settings; what was subscribed waits', async () => {
      const channel = openUnconfigured(dependencies);
      expect(await channel.checkTarget(under.target(peer))).toEqual({
        kind: 'refused',
        code: 'CHANNEL_NOT_CONFIGURED',
        reason: expect.stringMatching(/^can't be sent to: .* \(\w+( and \w+)* (is|are) not set\)$/),
      });
      const result = await channel.send(attemptOn(open()));
      expect(result).toMatchObject({ kind: 'failure', reason: 'not-configured' });
      const step = { failures: 0, skipped: 0, moved: false, scheduleSeconds: [1], now, random: () => 0.5 };
      expect(nextStep(result, step)).toEqual(retriedIn(1_000));
      expect(peer.got).toEqual([]);
    });
  });
}

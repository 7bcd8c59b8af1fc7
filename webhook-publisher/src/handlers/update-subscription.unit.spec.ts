import type { Effect } from '@comanda/messaging';
import { ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import type { ChangedHeaders, HeadersToChange } from '../channels/channel.js';
import { SealedAtRest } from '../storage/secret-vault.js';
import type { Subscription } from '../storage/tables.js';
import { updateSubscription } from './update-subscription.js';

const NOW = '2027-02-02T00:00:00.000Z';
const FAILING_SINCE = Date.parse('2027-02-01T00:00:00.000Z');

const failing: Subscription = {
  ...{
    tenantId: 'default',
    subscriptionId: 's',
    channel: 'webhook',
    target: 'https://hooks.example.com/old',
  },
  ...{
    eventTypes: ['order.*'],
    description: 'Accounting',
    enabled: true,
    disabledReason: null,
    deleted: false,
  },
  ...{ secrets: SealedAtRest.parse('sealed'), failingSince: FAILING_SINCE, sequence: 2 },
  createdAt: '2027-01-01T00:00:00.000Z',
  ...{ publicKey: null, locale: null, rateLimitPerSecond: null, headerNames: null, mutedUntil: null },
  liveTenantId: 'default',
};
const disabled = { ...failing, enabled: false, disabledReason: 'Nothing but failures for 5 days' };

const none = {};
/** Its headers open when they are sealed so. */
const CHANNELS = {
  ...{ telegram: none, email: none, slack: none, sms: none },
  webhook: {
    changeHeaders: ({ headers }: HeadersToChange): ChangedHeaders =>
      headers === 'broken'
        ? { kind: 'refused', about: 'headers', reason: 'broken' }
        : {
            kind: 'headers',
            stored: SealedAtRest.parse(`resealed with ${headers}`),
            headerNames: headers === null ? null : ['x-key'],
          },
  },
};

/** What follows from a change: the row, what the subscription wants from now on where that changed, the answer. */
function update(before: Subscription | undefined, change: object) {
  const message = { tenantid: 'default', data: { subscriptionId: 's', ...change } } as never;
  const context = { ...ENTROPY, now: NOW, newId: () => 'change' };
  const effects: readonly Effect[] = updateSubscription(CHANNELS).decide(
    message,
    { subscription: before } as never,
    context,
  );
  const written = (kind: 'put' | 'append') =>
    effects.flatMap((effect) => (effect.kind === kind ? [{ ...effect.row } as Record<string, unknown>] : []));
  const [reply, ...more] = effects.flatMap((effect) => (effect.kind === 'respond' ? [effect.reply] : []));
  expect(more).toEqual([]);
  return {
    row: written('put')[0],
    wants: written('append').map(({ eventTypes }) => eventTypes),
    reply,
    effects,
  };
}

describe('a subscription that staff change', () => {
  test('goes to its new target with a clean record; the rest stays', () => {
    const { row, wants, reply, effects } = update(failing, { target: 'https://hooks.example.com/new' });
    expect(row).toEqual({ ...failing, target: 'https://hooks.example.com/new', failingSince: null });
    expect(wants).toEqual([]);
    expect(reply).toMatchObject({
      ok: true,
      result: { target: 'https://hooks.example.com/new', enabled: true },
    });
    expect(effects).toHaveLength(2);
  });

  test('keeps its record when its target stays', () => {
    const change = { target: failing.target, description: null, eventTypes: ['payment.*'] };
    const { row, wants, reply } = update(failing, change);
    expect(row).toEqual({ ...failing, eventTypes: ['payment.*'], description: null });
    expect(wants).toEqual([['payment.*']]);
    expect(reply).toMatchObject({ ok: true, result: { eventTypes: ['payment.*'] } });
    expect(reply?.ok && reply.result).not.toHaveProperty('description');
  });

  test('is disabled: from then on it wants nothing, and its failures are kept', () => {
    const { row, wants } = update(failing, { enabled: false });
    expect(row).toEqual({ ...failing, enabled: false });
    expect(wants).toEqual([[]]);
  });

  test('is enabled again: it wants what it wanted, and neither reason nor failures count any more', () => {
    const { row, wants } = update(disabled, { enabled: true });
    expect(row).toEqual({ ...failing, failingSince: null });
    expect(wants).toEqual([['order.*']]);
  });

  test('while it is disabled wants nothing yet, whatever it will want', () => {
    const { row, wants } = update(disabled, { eventTypes: ['*'], enabled: false });
    expect(row).toEqual({ ...disabled, eventTypes: ['*'] });
    expect(wants).toEqual([]);
    expect(update(failing, { enabled: true }).wants).toEqual([]);
  });

  test('is worded in another language from now on; the rest stays', () => {
    const chat: Subscription = {
      ...failing,
      channel: 'telegram',
      target: '-42',
      secrets: null,
      locale: 'en',
    };
    const { row, wants, reply } = update(chat, { locale: 'es' });
    expect(row).toEqual({ ...chat, locale: 'es' });
    expect(wants).toEqual([]);
    expect(reply).toMatchObject({ ok: true, result: { locale: 'es' } });
    expect(update(chat, { enabled: false }).row).toMatchObject({ locale: 'en' });
  });

  test('has another rate and other headers, whose values are in no answer', () => {
    const { row, wants, reply } = update(failing, { rateLimitPerSecond: 5, sealedHeaders: 'a value' });
    const secrets = 'resealed with a value';
    expect(row).toEqual({ ...failing, rateLimitPerSecond: 5, secrets, headerNames: ['x-key'] });
    expect(wants).toEqual([]);
    expect(reply).toMatchObject({ result: { rateLimitPerSecond: 5, headerNames: ['x-key'] } });
    expect(JSON.stringify(reply)).not.toContain('a value');
    const limited = { ...failing, rateLimitPerSecond: 5, headerNames: ['x-key'] };
    const freed = update(limited, { rateLimitPerSecond: null, sealedHeaders: null });
    expect(freed.row).toEqual({ ...failing, secrets: 'resealed with null' });
    expect(update(limited, { description: 'Same' }).row).toEqual({ ...limited, description: 'Same' });
  });

  test.each([
    ['gets headers that may not be sent', failing, { sealedHeaders: 'broken' }, 400, 'BAD_HEADERS'],
    [
      'is a chat, which has no headers',
      { ...failing, channel: 'telegram' as const, secrets: null },
      { sealedHeaders: 'a value' },
      400,
      'BAD_HEADERS',
    ],
    ['is not there', undefined, { enabled: false }, 404, 'UNKNOWN_SUBSCRIPTION'],
    ['was deleted', { ...failing, deleted: true }, { enabled: true }, 404, 'UNKNOWN_SUBSCRIPTION'],
    [
      'is to want what nobody publishes',
      failing,
      { eventTypes: ['order.*', 'kitchen.*'] },
      400,
      'UNKNOWN_EVENT_TYPE',
    ],
    ['is to have a language, and sends no words', failing, { locale: 'es' }, 400, 'NO_LOCALE_HERE'],
  ])('stays as it is when it %s', (_what, before, change, status, code) => {
    const { reply, effects } = update(before, change);
    expect(reply).toMatchObject({ ok: false, refusal: { status, code } });
    expect(effects).toHaveLength(1);
  });
});

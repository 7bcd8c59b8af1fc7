import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { getPublicKeyAsync, signAsync } from '@noble/ed25519';
import { Webhook } from 'standardwebhooks';
import { WebhookRefused, webhookVerifier } from './webhooks.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const now = Date.parse('2026-01-02T03:04:05Z');
const event = { id: 'evt-1', type: 'order.created', sequence: 1, data: { note: 'café ☕' } };
const body = JSON.stringify(event);

const headersOf = ({ id = 'evt-1', at = now, key = secret } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': String(at / 1000),
  'webhook-signature': new Webhook(key).sign(id, new Date(at), body),
});

test.each([
  ['as a text with the headers of a Request', new Headers(headersOf()), body],
  ['as bytes with the headers of Node', headersOf(), Buffer.from(body)],
  ['that is a little old', headersOf({ at: now - 299_000 }), body],
  [
    'whose secret is being rotated',
    {
      ...headersOf(),
      'webhook-signature': `${headersOf({ key: randomBytes(32).toString('base64') })['webhook-signature']} ${headersOf()['webhook-signature']}`,
    },
    body,
  ],
])('a webhook %s that the reference library signed is read', async (_what, headers, sent) => {
  expect(await webhookVerifier(secret, () => now)(headers, sent)).toEqual(event);
});

test.each([
  ['with another body', 'forged', headersOf(), body.replace('created', 'updated')],
  ['with one more blank', 'forged', headersOf(), `${body} `],
  ['signed with another secret', 'forged', headersOf({ key: randomBytes(32).toString('base64') }), body],
  ['that is too old', 'forged', headersOf({ at: now - 301_000 }), body],
  ['that comes from the future', 'forged', headersOf({ at: now + 301_000 }), body],
  ['whose id is not the event’s', 'malformed', headersOf({ id: 'evt-2' }), body],
  ['without headers', 'malformed', {}, body],
  ['with a header twice', 'malformed', { ...headersOf(), 'webhook-id': ['evt-1', 'evt-1'] }, body],
] as const)('a webhook %s is refused', async (_what, reason, headers, sent) => {
  const refusal = await webhookVerifier(secret, () => now)(headers, sent).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(WebhookRefused);
  expect(refusal).toHaveProperty('reason', reason);
});

describe('a webhook that was signed with a private key', () => {
  const seed = randomBytes(32);
  const publicKeyOf = async (bytes: Uint8Array) =>
    `whpk_${Buffer.from(await getPublicKeyAsync(bytes)).toString('base64')}`;
  const signature = async (of: string, by: Uint8Array = seed) => {
    const content = new TextEncoder().encode(`evt-1.${now / 1000}.${of}`);
    return `v1a,${Buffer.from(await signAsync(content, by)).toString('base64')}`;
  };
  const verified = async (signatures: string, sent = body) =>
    webhookVerifier(await publicKeyOf(seed), () => now)(
      { ...headersOf(), 'webhook-signature': signatures },
      sent,
    );

  test('is read with the public key, also while that is being rotated', async () => {
    expect(await verified(await signature(body))).toEqual(event);
    const others = [headersOf()['webhook-signature'], await signature(body, randomBytes(32))];
    expect(await verified([...others, await signature(body)].join(' '))).toEqual(event);
  });

  test('is refused with another body, by another key, or when it says another version', async () => {
    const signed = await signature(body);
    for (const [signatures, sent] of [
      [signed, `${body} `],
      [await signature(body, randomBytes(32))],
      [signed.replace('v1a', 'v1')],
      [headersOf()['webhook-signature']],
    ] as const)
      await expect(verified(signatures, sent)).rejects.toMatchObject({ reason: 'forged' });
  });
});

test('a secret that is none is told of at once', () => {
  expect(() => webhookVerifier('whsec_*')).toThrow();
  expect(() => webhookVerifier('whsk_AAAA')).toThrow('what begins with whsk_ verifies no webhooks');
});

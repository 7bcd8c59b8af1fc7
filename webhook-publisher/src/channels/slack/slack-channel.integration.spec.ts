import type { RequestListener } from 'node:http';
import { BAD_TEXTS } from '@comanda/contracts/some-texts';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { nextStep } from '../../domain/delivery-outcome.js';
import { SecretVault } from '../../storage/secret-vault.js';
import { HttpPeer } from '../../testing/http-peer.js';
import { openChannels } from '../index.js';

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const SECRET = 'XXXXXXXXXXXXXXXXXXXXXXXX';
const PATH = `/services/T00000000/B00000000/${SECRET}`;
const says =
  (status: number, body: string, headers = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
const ok = says(200, 'ok');

let peer: HttpPeer;
beforeEach(async () => {
  peer = await HttpPeer.start({ 'takes it': ok, fails: ok, throttles: ok, 'refuses it for good': ok });
});
afterEach(() => peer.stop());

const send = (
  listener: RequestListener,
  { data = {}, target = `${peer.url}${PATH}` }: { data?: object; target?: string } = {},
) => {
  peer.say(listener);
  const settings = {
    COMANDA_DEMO: false,
    WEBHOOK_TIMEOUT_MS: 5_000,
    TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
    TELEGRAM_COMMANDS: false,
  };
  const { slack } = openChannels(
    { ...settings, TWILIO_API_BASE: 'http://127.0.0.1:1', SLACK_WEBHOOK_ROOT: peer.url },
    {
      vault: new SecretVault({ id: 'one', key: 'a key of the vault in these tests' }),
      clock: () => new Date(NOW),
    },
  );
  return slack.send({
    ...{
      row: { tenantId: 'default', subscriptionId: 's-1' },
      target,
      deliveryId: 'd-1',
      secrets: null,
      eventId: 'e-1',
    },
    ...{ type: 'order.cancelled', correlationId: null, language: 'en' as const },
    body: JSON.stringify({ data: { orderId: 'o-1', reason: 'late', by: 'staff', ...data } }),
  });
};
const sent = () =>
  peer.got.map((body) => JSON.parse(body) as { text: string; blocks: { text: { text: string } }[] });

test('a message has a header and a section, in which no link is looked up', async () => {
  expect(await send(ok)).toEqual({
    kind: 'response',
    status: 200,
    body: 'ok',
    durationMs: expect.any(Number),
  });
  expect(peer.requests.map(({ request }) => [request.url, request.headers['content-type']])).toEqual([
    [PATH, 'application/json'],
  ]);
  expect(sent()).toEqual([
    {
      text: '🚫 Order cancelled',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🚫 Order cancelled', emoji: true } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: 'Order `o-1`, by staff\nReason: late', verbatim: true },
        },
      ],
      unfurl_links: false,
      unfurl_media: false,
    },
  ]);
});

test('what a stranger wrote mentions nobody, links nowhere, and stays in its line', async () => {
  for (const bad of Object.values(BAD_TEXTS)) {
    const evil = `<!channel> <https://evil.example|a> \`x\` &${bad}`;
    await send(ok, { data: { orderId: evil, reason: evil, by: evil } });
  }
  for (const { blocks } of sent()) {
    const text = blocks[1]?.text.text ?? '';
    expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
    expect(text.split('\n')).toHaveLength(2);
    expect(text.match(/^Order `[^`]*`, by /)).not.toBeNull();
  }
});

test('a message that would be too long keeps within what Slack takes', async () => {
  const shortages = Array.from({ length: 60 }, () => ({
    productId: '&'.repeat(300),
    requested: 2,
    available: 1,
  }));
  peer.say(ok);
  await send(ok, {
    data: { orderId: '&'.repeat(300), reason: '&'.repeat(300), by: '&'.repeat(300), shortages },
  });
  const [message] = sent();
  expect(message?.blocks[1]?.text.text.length).toBeLessThanOrEqual(3_000);
});

test.each([
  ['404 no_service', 404, 'no_service', 'disable'],
  ['404 channel_not_found', 404, 'channel_not_found', 'disable'],
  ['410 channel_is_archived', 410, 'channel_is_archived', 'disable'],
  ['403 invalid_token', 403, 'invalid_token', 'disable'],
  ['400 invalid_payload', 400, 'invalid_payload', 'failed'],
  ['403 action_prohibited', 403, 'action_prohibited', 'failed'],
  ['404 and a page', 404, `<html>${SECRET}</html>`, 'retry'],
  ['500 rollup_error', 500, 'rollup_error', 'retry'],
  ['429 rate_limited', 429, 'rate_limited', 'retry'],
])('Slack answers %s', async (what, status, word, kind) => {
  const result = await send(says(status, word, status === 429 ? { 'retry-after': '30' } : {}));
  const step = nextStep(result, {
    ...{ failures: 0, skipped: 0, moved: false, scheduleSeconds: [1], now: NOW },
    random: () => 0.5,
  });
  expect(step).toMatchObject({
    kind,
    ...(kind === 'disable' && { why: `Slack answered ${what}` }),
    ...(status === 429 && { dueAt: NOW + 30_000 }),
  });
  expect(JSON.stringify(result)).not.toContain(SECRET);
  expect(peer.requests).toHaveLength(1);
});

test('nothing is sent to a URL of another root, whatever was subscribed', async () => {
  for (const target of [
    `https://evil.example${PATH}`,
    `${peer.url}.evil.example${PATH}`,
    `${peer.url}/${PATH}`,
  ])
    expect(await send(ok, { target })).toMatchObject({ kind: 'refused', status: 400 });
  expect(peer.requests).toEqual([]);
});

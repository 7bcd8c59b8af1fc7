import { once } from 'node:events';
import { get } from 'node:http';
import { HttpServer } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { LOOPBACK } from './address-rules.js';
import { type LookupAll, UnsafeTargetError } from './resolve-safely.js';
import { createSafeAgents } from './safe-connector.js';
import { SafeHttpClient } from './safe-http-client.js';

let server: HttpServer;
/** The local addresses that received a connection. */
let reached: (string | undefined)[] = [];

beforeAll(async () => {
  server = await HttpServer.start((request, response) => {
    reached.push(request.socket.localAddress);
    response.end('internal secret');
  }, '0.0.0.0');
});
beforeEach(() => {
  reached = [];
});
afterAll(() => server.stop());

/** Answers each query for a name with the next entry, as an attacker's name server would. */
function rebinding(...answers: readonly (readonly string[])[]): LookupAll & { readonly asked: () => number } {
  let asked = 0;
  const lookup: LookupAll = (_name, _options, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(lookup, { asked: () => asked });
}

/** Public addresses at which nobody answers. */
const PUBLIC = ['203.0.114.1', '2fff::1'];

/** As in production, or with networks that are listed. */
const rules = (listed: typeof LOOPBACK = []) => ({ listed, publicToo: true, refusal: 'not allowed' });

async function sendTo(host: string, lookup: LookupAll, listed: typeof LOOPBACK = [], scheme = 'http') {
  const client = new SafeHttpClient({ rules: rules(listed), connectTimeoutMs: 500, lookup });
  const result = await client.post(
    { url: `${scheme}://${host}:${server.port}/`, body: '{}', headers: {} },
    { timeoutMs: 1_000 },
  );
  client.close();
  return result;
}

describe('the connector', () => {
  test.each(['127.0.0.1', '127.1', '2130706433', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '[::]'])(
    'refuses the literal address %s, without a question to DNS',
    async (host) => {
      const lookup = rebinding(['93.184.215.14']);
      expect(await sendTo(host, lookup)).toMatchObject({ kind: 'failure', reason: 'unsafe-target' });
      expect(reached).toEqual([]);
      expect(lookup.asked()).toBe(0);
    },
  );

  test.each([[['127.0.0.1']], [['::1']], [['::ffff:127.0.0.1']], [['127.0.0.1', '::1', '10.0.0.1']]])(
    'refuses a name that resolves to %j',
    async (addresses) => {
      expect(await sendTo('evil.example.com', rebinding(addresses))).toMatchObject({
        kind: 'failure',
        reason: 'unsafe-target',
        detail: 'must begin with https://',
        cause: expect.stringMatching(/^evil\.example\.com: .*loopback address/),
      });
      expect(reached).toEqual([]);
    },
  );

  test('refuses localhost as the real resolver knows it', async () => {
    const client = new SafeHttpClient({ rules: rules(), connectTimeoutMs: 500 });
    const post = { url: `http://localhost:${server.port}/`, body: '{}', headers: {} };
    expect(await client.post(post, { timeoutMs: 1_000 })).toMatchObject({ reason: 'unsafe-target' });
    client.close();
    expect(reached).toEqual([]);
  });

  test('asks DNS once and dials that very answer: a second one, were it asked for, would change nothing', async () => {
    const lookup = rebinding(['127.0.0.1'], ['127.0.0.2']);
    expect(await sendTo('rebinding.example.com', lookup, LOOPBACK)).toMatchObject({ status: 200 });
    expect(reached).toEqual(['127.0.0.1']);
    expect(lookup.asked()).toBe(1);
  });

  test('sends over plain http to listed addresses alone, over https to public ones as well', async () => {
    const nobody = rebinding(PUBLIC);
    expect(await sendTo('public.example.com', nobody, LOOPBACK)).toMatchObject({
      reason: 'unsafe-target',
      detail: 'must begin with https://',
      cause: 'public.example.com: public address',
    });
    expect(await sendTo('public.example.com', nobody, LOOPBACK, 'https')).not.toMatchObject({
      reason: 'unsafe-target',
    });
    expect(await sendTo('listed.example.com', rebinding(['127.0.0.1']), LOOPBACK)).toMatchObject({
      status: 200,
    });
    expect(reached).toEqual(['127.0.0.1']);
  });

  test('checks again with every new connection', async () => {
    const lookup = rebinding([], ['127.0.0.1']);
    expect(await sendTo('rebinding.example.com', lookup)).toMatchObject({ kind: 'failure', reason: 'dns' });
    expect(await sendTo('rebinding.example.com', lookup)).toMatchObject({ reason: 'unsafe-target' });
    expect(reached).toEqual([]);
  });

  test.each(PUBLIC)(
    'dials %s where a name leads there, whatever it leads to afterwards, and refuses it then',
    async (address) => {
      const lookup = rebinding([address], ['127.0.0.1']);
      const first = await sendTo('rebinding.example.com', lookup, [], 'https');
      expect(first).toMatchObject({ kind: 'failure', reason: expect.stringMatching(/^(timeout|network)$/) });
      expect(lookup.asked()).toBe(1);
      expect(await sendTo('rebinding.example.com', lookup, [], 'https')).toMatchObject({
        kind: 'failure',
        reason: 'unsafe-target',
      });
      expect(lookup.asked()).toBe(2);
      expect(reached).toEqual([]);
    },
  );

  test('dials none but the public ones among the addresses of one answer, also when those are dead', async () => {
    const lookup = rebinding(['127.0.0.1', ...PUBLIC, '::1', '10.0.0.1']);
    const result = await sendTo('mixed.example.com', lookup, [], 'https');
    expect(result).toMatchObject({ kind: 'failure', reason: expect.stringMatching(/^(timeout|network)$/) });
    expect(reached).toEqual([]);
  });

  test('guards the agents themselves, whoever uses them: a client that followed redirects, say', async () => {
    const resolver = { rules: rules(), lookup: rebinding(['127.0.0.1']) };
    for (const keepAlive of [true, false]) {
      const { http } = createSafeAgents({ ...resolver, keepAlive });
      for (const url of [`http://evil.example.com:${server.port}/`, server.url])
        await expect(once(get(url, { agent: http }), 'response')).rejects.toBeInstanceOf(UnsafeTargetError);
    }
    expect(reached).toEqual([]);
  });
});

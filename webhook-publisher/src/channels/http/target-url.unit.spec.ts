import { describe, expect, test } from '@jest/globals';
import { LOOPBACK, parseCidrs } from './address-rules.js';
import type { LookupAll } from './resolve-safely.js';
import { checkTargetUrl } from './target-url.js';

const zone: Record<string, readonly string[]> = {
  'hooks.example.com': ['93.184.215.14'],
  'internal.example.com': ['10.1.2.3'],
  'metadata.example.com': ['169.254.169.254', '::ffff:169.254.169.254'],
  'dns64.example.com': ['64:ff9b::5db8:d70e', '93.184.215.14'],
};
const lookup: LookupAll = (hostname, _options, callback) => {
  const found = zone[hostname];
  if (found)
    callback(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  else callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []);
};
const listed = (text: string) => {
  const parsed = parseCidrs(text);
  if (parsed.kind === 'malformed') throw new Error(parsed.reason);
  return parsed.cidrs;
};
const production = { rules: { listed: [], publicToo: true, refusal: 'not allowed' }, lookup };
const withNetwork = { ...production, rules: { ...production.rules, listed: listed('10.1.0.0/16') } };
const demo = { ...production, rules: { ...production.rules, listed: LOOPBACK, publicToo: false } };

describe('the target of a subscription', () => {
  test.each([
    'https://hooks.example.com/in?a=1',
    'https://hooks.example.com:8443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://dns64.example.com/',
    'https://not-there-yet.example.com/',
  ])('%s is accepted', async (text) => {
    expect(await checkTargetUrl(text, production)).toEqual({ kind: 'allowed' });
  });

  test.each([
    ['', 'malformed'],
    ['hooks.example.com', 'malformed'],
    ['/relative', 'malformed'],
    ['https://', 'malformed'],
    ['ftp://hooks.example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['http://hooks.example.com/', 'https-required'],
    ['http://not-there-yet.example.com/', 'https-required'],
    ['http://10.1.2.3/', 'https-required'],
    ['https://user@hooks.example.com/', 'credentials'],
    ['https://:secret@hooks.example.com/', 'credentials'],
    [`https://hooks.example.com/${'a'.repeat(2048)}`, 'too-long'],
  ])('"%s" is refused: %s', async (text, reason) => {
    expect(await checkTargetUrl(text, production)).toMatchObject({ kind: 'refused', reason });
  });

  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '0',
    '①②⑦.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '168.63.129.16',
    '100.100.100.200',
    '[fd00:ec2::254]',
    'internal.example.com',
    'metadata.example.com',
  ])('%s is refused because of its address, in words that are the same for all', async (host) => {
    expect(await checkTargetUrl(`https://${host}/`, production)).toEqual({
      kind: 'refused',
      reason: 'unsafe-address',
      detail: 'is not allowed',
      cause: expect.stringMatching(/: .+ address$/),
    });
  });

  test('may lie in a network that is listed, there over http as well', async () => {
    for (const text of ['https://10.1.2.3/', 'http://10.1.2.3/', 'http://internal.example.com/'])
      expect([text, await checkTargetUrl(text, withNetwork)]).toEqual([text, { kind: 'allowed' }]);
    expect(await checkTargetUrl('https://10.2.0.1/', withNetwork)).toMatchObject({
      reason: 'unsafe-address',
    });
    expect(await checkTargetUrl('http://hooks.example.com/', withNetwork)).toMatchObject({
      detail: 'must begin with https://',
    });
  });

  test('is loopback in the demo, and carries no credentials there either', async () => {
    expect(await checkTargetUrl('http://127.0.0.1:3011/', demo)).toEqual({ kind: 'allowed' });
    for (const text of ['https://hooks.example.com/', 'http://hooks.example.com/', 'http://10.1.2.3/'])
      expect([text, await checkTargetUrl(text, demo)]).toMatchObject([text, { detail: 'is not allowed' }]);
    expect(await checkTargetUrl('http://a:b@127.0.0.1/', demo)).toMatchObject({ reason: 'credentials' });
  });

  test('passes when DNS is silent: sending checks again', async () => {
    const silent: LookupAll = () => {};
    const options = { ...production, lookup: silent, dnsTimeoutMs: 20 };
    expect(await checkTargetUrl('https://slow.example.com/', options)).toMatchObject({ kind: 'allowed' });
  });
});

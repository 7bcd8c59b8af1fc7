import { describe, expect, test } from '@jest/globals';
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
const production = { requireHttps: true, allowPrivateHosts: false, lookup };
const staging = { ...production, requireHttps: false };

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
    ['https://user@hooks.example.com/', 'credentials'],
    ['https://:secret@hooks.example.com/', 'credentials'],
    [`https://hooks.example.com/${'a'.repeat(2048)}`, 'too-long'],
  ])('"%s" is refused: %s', async (text, reason) => {
    expect(await checkTargetUrl(text, production)).toMatchObject({ kind: 'refused', reason });
  });

  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://internal.example.com/',
    'http://metadata.example.com/',
  ])('%s is refused because of its address', async (text) => {
    expect(await checkTargetUrl(text, staging)).toMatchObject({ kind: 'refused', reason: 'unsafe-address' });
  });

  test('may be http outside of production', async () => {
    expect(await checkTargetUrl('http://hooks.example.com/', staging)).toMatchObject({ kind: 'allowed' });
  });

  test('may be private where that is allowed, and still not carry credentials', async () => {
    const demo = { ...staging, allowPrivateHosts: true };
    expect(await checkTargetUrl('http://127.0.0.1:3011/', demo)).toMatchObject({ kind: 'allowed' });
    expect(await checkTargetUrl('http://a:b@127.0.0.1/', demo)).toMatchObject({ reason: 'credentials' });
  });

  test('passes when DNS is silent: sending checks again', async () => {
    const silent: LookupAll = () => {};
    const options = { ...production, lookup: silent, dnsTimeoutMs: 20 };
    expect(await checkTargetUrl('https://slow.example.com/', options)).toMatchObject({ kind: 'allowed' });
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LOOPBACK, parseCidrs } from './address-rules.js';
import { type AddressCheck, checkAddress as check } from './safe-address.js';

const nothingListed = { listed: [], publicToo: true, refusal: 'not allowed' };
const checkAddress = (address: string): AddressCheck => check(address, nothingListed);
const listing = (text: string) => {
  const parsed = parseCidrs(text);
  if (parsed.kind === 'malformed') throw new Error(parsed.reason);
  return { ...nothingListed, listed: parsed.cidrs };
};

type RangeCase = readonly [name: string, refused: readonly string[], allowed: readonly string[]];

/** First and last address of each refused range, and its neighbours outside when those are public. */
const IPV4: readonly RangeCase[] = [
  ['this network 0/8', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
  ['private 10/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  ['carrier-grade NAT 100.64/10', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
  ['loopback 127/8', ['127.0.0.0', '127.0.0.1', '127.255.255.255'], ['126.255.255.255', '128.0.0.0']],
  [
    'link-local 169.254/16',
    ['169.254.0.0', '169.254.169.254', '169.254.255.255'],
    ['169.253.255.255', '169.255.0.0'],
  ],
  ['private 172.16/12', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
  ['Azure 168.63.129.16', ['168.63.129.16'], ['168.63.129.15', '168.63.129.17']],
  ['protocol assignments 192.0.0/24', ['192.0.0.0', '192.0.0.255'], ['191.255.255.255', '192.0.1.0']],
  ['documentation 192.0.2/24', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['6to4 relay 192.88.99/24', ['192.88.99.0', '192.88.99.255'], ['192.88.98.255', '192.88.100.0']],
  ['private 192.168/16', ['192.168.0.0', '192.168.255.255'], ['192.167.255.255', '192.169.0.0']],
  ['benchmarking 198.18/15', ['198.18.0.0', '198.19.255.255'], ['198.17.255.255', '198.20.0.0']],
  ['documentation 198.51.100/24', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
  ['documentation 203.0.113/24', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
  ['multicast 224/4', ['224.0.0.0', '239.255.255.255'], ['223.255.255.255']],
  ['reserved 240/4', ['240.0.0.0', '255.255.255.255'], []],
];

const IPV6: readonly RangeCase[] = [
  ['unspecified and loopback', ['::', '::1'], []],
  ['AWS fd00:ec2::/32 and Google fd20:ce::/32', ['fd00:ec2::254', 'fd20:ce::254'], []],
  ['IPv4-compatible', ['::7f00:1', '::0808:0808'], []],
  ['NAT64 64:ff9b::/96', ['64:ff9b::', '64:ff9b::a9fe:a9fe', '64:ff9b::ffff:ffff', '64:ff9b:1::1'], []],
  ['discard 100::/64', ['100::1'], []],
  ['Teredo 2001::/32', ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'], ['2001:200::']],
  [
    'documentation',
    ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '3fff::1'],
    ['2001:db7::', '2001:db9::'],
  ],
  ['6to4 2002::/16', ['2002::', '2002:7f00:1::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], ['2003::']],
  ['unique local fc00::/7', ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00:ec2::254'], []],
  ['link-local fe80::/10', ['fe80::', 'fe80::1%eth0', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['site-local fec0::/10', ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['multicast ff00::/8', ['ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['outside of the assigned space', ['1fff::', '4000::', 'e000::'], ['2606:4700::1111', '2a00:1450:4001::1']],
];

describe.each([...IPV4, ...IPV6])('%s', (_name, refused, allowed) => {
  test('is refused from its first to its last address', () => {
    for (const address of refused) expect([address, checkAddress(address).kind]).toEqual([address, 'unsafe']);
  });

  test('does not reach beyond', () => {
    for (const address of allowed)
      expect([address, checkAddress(address)]).toEqual([address, { kind: 'safe' }]);
  });
});

describe('an IPv4 address mapped into IPv6', () => {
  test.each(IPV4)('%s is refused in that form as well', (_name, refused, _allowed) => {
    for (const address of refused) {
      expect([address, checkAddress(`::ffff:${address}`).kind]).toEqual([address, 'unsafe']);
    }
  });

  test('is refused in its hexadecimal spelling', () => {
    expect(checkAddress('::ffff:7f00:1')).toEqual({ kind: 'unsafe', reason: 'loopback address' });
    expect(checkAddress('0:0:0:0:0:ffff:a9fe:a9fe')).toEqual({
      kind: 'unsafe',
      reason: 'link-local address',
    });
  });

  test('is safe when the address in it is', () => {
    expect(checkAddress('::ffff:8.8.8.8')).toEqual({ kind: 'safe' });
  });
});

describe('what is not a canonical address', () => {
  test.each([
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '1.1.1.1/8',
    ' 1.1.1.1',
  ])('"%s" is refused', (text) => {
    expect(checkAddress(text)).toEqual({ kind: 'unsafe', reason: 'not an IP address' });
  });

  test('whatever it is, it never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => void checkAddress(text)));
  });
});

describe('a network that is listed', () => {
  const verdicts = (rules: string, addresses: readonly string[]) =>
    addresses.map((address) => [address, check(address, listing(rules)).kind]);
  const each = (kind: string, addresses: readonly string[]) => addresses.map((address) => [address, kind]);

  test('is allowed from its first to its last address, mapped into IPv6 as well, and nothing beyond', () => {
    const inside = ['10.20.0.0', '10.20.255.255', '::ffff:10.20.0.1', 'fd12::1', '8.8.8.8'];
    expect(verdicts('10.20.0.0/16, fd12::/16', inside)).toEqual(each('safe', inside));
    const outside = ['10.19.255.255', '10.21.0.0', '::ffff:10.21.0.0', 'fd13::', '127.0.0.1', '::1'];
    expect(verdicts('10.20.0.0/16,fd12::/16', outside)).toEqual(each('unsafe', outside));
  });

  test('never opens the metadata of a cloud, link-local, or what is no host, not even when all is listed', () => {
    const never = [
      '169.254.169.254',
      '169.254.170.2',
      '::ffff:169.254.169.254',
      '64:ff9b::a9fe:a9fe',
      '2002:a9fe:a9fe::1',
      '100.100.100.200',
      '168.63.129.16',
      '192.0.0.192',
      'fd00:ec2::254',
      'fd20:ce::254',
      'fe80::1',
      'fe80::a9fe:a9fe%eth0',
      '0.0.0.0',
      '::',
      '224.0.0.1',
      '255.255.255.255',
      'ff02::1',
      '2001:0:1::1',
      '64:ff9b:1::a9fe:a9fe',
    ];
    expect(verdicts('0.0.0.0/0,::/0,169.254.169.254/32,fd00:ec2::254/128', never)).toEqual(
      each('unsafe', never),
    );
  });

  test('of translated addresses allows those that carry an address which is allowed itself', () => {
    const rules = '64:ff9b::/96,2002::/16,10.20.0.0/16';
    const allowed = ['64:ff9b::808:808', '2002:808:808::1', '64:ff9b::a14:1', '2002:a14:1::'];
    expect(verdicts(rules, allowed)).toEqual(each('safe', allowed));
    const refused = ['64:ff9b::7f00:1', '2002:7f00:1::', '64:ff9b::a15:1', '2002:a9fe:a9fe::'];
    expect(verdicts(rules, refused)).toEqual(each('unsafe', refused));
  });

  test('is all there is where public addresses are not allowed', () => {
    const demo = { listed: LOOPBACK, publicToo: false, refusal: 'not allowed' };
    const kinds = ['127.0.0.1', '127.255.255.255', '::1', '8.8.8.8', '10.0.0.1', '2606:4700::1111'].map(
      (address) => check(address, demo).kind,
    );
    expect(kinds).toEqual(['safe', 'safe', 'safe', 'unsafe', 'unsafe', 'unsafe']);
  });

  test.each([
    ['', '"" is no network'],
    ['10.0.0.0', '"10.0.0.0" is no network'],
    ['true', '"true" is no network'],
    ['10.0.0.0/8,', '"" is no network'],
    ['10/8', '"10/8" is no network'],
    ['0x0a000000/8', 'is no network'],
    ['10.0.0.0/33', 'is no network'],
    ['::ffff:10.0.0.0/104', 'is no network'],
    ['10.1.2.3/8', '"10.1.2.3/8" is not the start of a network: write 10.0.0.0/8'],
    ['fd12::1/16', 'write fd12::/16'],
  ])('is not %j', (text, reason) => {
    expect(parseCidrs(text)).toEqual({ kind: 'malformed', reason: expect.stringContaining(reason) });
  });
});

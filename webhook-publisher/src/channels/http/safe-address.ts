import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type AddressCheck = { readonly kind: 'safe' } | { readonly kind: 'unsafe'; readonly reason: string };

/**
 * The address ranges that server-side request forgery (SSRF) aims at. We never send there. IPv4 addresses inside IPv6
 * addresses are judged below.
 */
const REFUSED_IPV4 = ranges({
  'this network': ['0.0.0.0/8'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'carrier-grade NAT': ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8'],
  // 169.254.169.254 is the metadata service of most clouds.
  'link-local': ['169.254.0.0/16'],
  // Azure's wire server: a public address that answers only inside a virtual machine.
  'cloud platform': ['168.63.129.16/32'],
  'protocol assignments': ['192.0.0.0/24'],
  '6to4 relay': ['192.88.99.0/24'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  benchmarking: ['198.18.0.0/15'],
  multicast: ['224.0.0.0/4'],
  reserved: ['240.0.0.0/4'],
});

const REFUSED_IPV6 = ranges({
  unspecified: ['::/128'],
  loopback: ['::1/128'],
  'NAT64 translation': ['64:ff9b::/96', '64:ff9b:1::/48'],
  // Contains Teredo, 2001::/32, which carries an IPv4 address.
  'protocol assignments': ['2001::/23'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  '6to4': ['2002::/16'],
  'unique local': ['fc00::/7'],
  'link-local': ['fe80::/10'],
  'site-local': ['fec0::/10'],
  multicast: ['ff00::/8'],
});

/** The IPv6 range that is assigned to the public internet; an address outside it is special or a mistake. */
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether a webhook may be sent to this address. Takes a canonical literal as the resolver or a parsed URL gives it
 * (`192.0.2.1`, `2001:db8::1`, without brackets) and refuses everything else.
 */
export function checkAddress(literal: string): AddressCheck {
  if (isIP(literal) === 0) return { kind: 'unsafe', reason: 'not an IP address' };
  const address = ipaddr.parse(literal);
  return address instanceof ipaddr.IPv4 ? checkIPv4(address) : checkIPv6(address);
}

function checkIPv4(address: ipaddr.IPv4): AddressCheck {
  return judge(REFUSED_IPV4.find(({ range }) => address.match(range))?.name);
}

function checkIPv6(address: ipaddr.IPv6): AddressCheck {
  // A mapped address reaches the same host as the IPv4 address in it.
  if (address.isIPv4MappedAddress()) return checkIPv4(address.toIPv4Address());
  const refused = REFUSED_IPV6.find(({ range }) => address.match(range))?.name;
  return judge(refused ?? (address.match(GLOBAL_UNICAST_IPV6) ? undefined : 'not public'));
}

function judge(refusedRange: string | undefined): AddressCheck {
  return refusedRange === undefined
    ? { kind: 'safe' }
    : { kind: 'unsafe', reason: `${refusedRange} address` };
}

function ranges(table: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(table).flatMap(([name, blocks]) =>
    blocks.map((block) => ({ name, range: ipaddr.parseCIDR(block) })),
  );
}

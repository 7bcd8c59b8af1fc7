import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type AddressRules, liesIn } from './address-rules.js';

export type AddressCheck =
  | { readonly kind: 'safe' }
  /** `reason` is for the log: it tells in which range the address lies. */
  | { readonly kind: 'unsafe'; readonly reason: string };

/** Never, whatever is listed: addresses that no receiver has, and those at which a cloud hands out its credentials. */
const NEVER_IPV4 = ranges({
  'this network': ['0.0.0.0/8'],
  // 169.254.169.254 is the metadata service of most clouds.
  'link-local': ['169.254.0.0/16'],
  // Azure's wire server (a public address that answers only inside a virtual machine), Alibaba's and Oracle's metadata.
  'cloud platform': ['168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32'],
  multicast: ['224.0.0.0/4'],
  broadcast: ['255.255.255.255/32'],
});

const NEVER_IPV6 = ranges({
  unspecified: ['::/128'],
  'link-local': ['fe80::/10'],
  // What AWS (fd00:ec2::254) and Google serve to their machines.
  'cloud platform': ['fd00:ec2::/32', 'fd20:ce::/32'],
  // They carry an IPv4 address in a form that differs from network to network.
  'NAT64 translation': ['64:ff9b:1::/48'],
  Teredo: ['2001::/32'],
  multicast: ['ff00::/8'],
});

/** The other ranges that server-side request forgery (SSRF) aims at: refused unless they are listed. */
const REFUSED_IPV4 = ranges({
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'carrier-grade NAT': ['100.64.0.0/10'],
  loopback: ['127.0.0.0/8'],
  'protocol assignments': ['192.0.0.0/24'],
  '6to4 relay': ['192.88.99.0/24'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  benchmarking: ['198.18.0.0/15'],
  reserved: ['240.0.0.0/4'],
});

const REFUSED_IPV6 = ranges({
  loopback: ['::1/128'],
  'NAT64 translation': ['64:ff9b::/96'],
  'protocol assignments': ['2001::/23'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  '6to4': ['2002::/16'],
  'unique local': ['fc00::/7'],
  'site-local': ['fec0::/10'],
});

/** The IPv6 range that is assigned to the public internet; an address outside it is special or a mistake. */
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Where IPv6 addresses carry an IPv4 address to which a gateway translates them: the place of its first byte. */
const CARRIERS = [
  { range: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), at: 12 },
  { range: ipaddr.IPv6.parseCIDR('2002::/16'), at: 2 },
];

/**
 * Whether a webhook may be sent to this address. Takes a canonical literal as the resolver or a parsed URL gives it
 * (`192.0.2.1`, `2001:db8::1`, without brackets) and refuses everything else.
 */
export function checkAddress(literal: string, rules: AddressRules): AddressCheck {
  if (isIP(literal) === 0) return { kind: 'unsafe', reason: 'not an IP address' };
  const address = ipaddr.parse(literal);
  return address instanceof ipaddr.IPv4 ? checkIPv4(address, rules) : checkIPv6(address, rules);
}

function checkIPv4(address: ipaddr.IPv4, rules: AddressRules): AddressCheck {
  return judge(rules, {
    never: nameOf(address, NEVER_IPV4),
    listed: liesIn(address, rules.listed),
    refused: nameOf(address, REFUSED_IPV4),
  });
}

function checkIPv6(address: ipaddr.IPv6, rules: AddressRules): AddressCheck {
  // A mapped address reaches the same host as the IPv4 address in it.
  if (address.isIPv4MappedAddress()) return checkIPv4(address.toIPv4Address(), rules);
  const check = judge(rules, {
    never: nameOf(address, NEVER_IPV6),
    listed: liesIn(address, rules.listed),
    refused: nameOf(address, REFUSED_IPV6) ?? (address.match(GLOBAL_UNICAST_IPV6) ? undefined : 'not public'),
  });
  // Where such a range is listed, the IPv4 address in it must be allowed as well.
  const carrier = CARRIERS.find(({ range }) => address.match(range));
  if (check.kind === 'unsafe' || carrier === undefined) return check;
  const carried = address.toByteArray().slice(carrier.at, carrier.at + 4);
  return checkIPv4(new ipaddr.IPv4(carried), rules);
}

function judge(
  rules: AddressRules,
  found: {
    readonly never: string | undefined;
    readonly listed: boolean;
    readonly refused: string | undefined;
  },
): AddressCheck {
  if (found.never !== undefined) return unsafe(`${found.never} address`);
  if (found.listed) return { kind: 'safe' };
  if (found.refused !== undefined) return unsafe(`${found.refused} address`);
  return rules.publicToo ? { kind: 'safe' } : unsafe('public address');
}

const unsafe = (reason: string): AddressCheck => ({ kind: 'unsafe', reason });

const nameOf = (address: ipaddr.IPv4 | ipaddr.IPv6, table: ReturnType<typeof ranges>): string | undefined =>
  table.find(({ range }) => liesIn(address, [range]))?.name;

function ranges(table: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(table).flatMap(([name, blocks]) =>
    blocks.map((block) => ({ name, range: ipaddr.parseCIDR(block) })),
  );
}

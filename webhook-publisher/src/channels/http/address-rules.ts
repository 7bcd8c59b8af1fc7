import ipaddr from 'ipaddr.js';

/** A network, like 10.0.0.0/8. */
export type Cidr = readonly [network: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/** Which addresses webhooks may go to. What `checkAddress` never allows stays out, whatever stands here. */
export interface AddressRules {
  /** Networks that the operator lists: private ones with receivers of their own. */
  readonly listed: readonly Cidr[];
  /** Whether public addresses are allowed besides; in the demo they are not. */
  readonly publicToo: boolean;
  /** What is said about another address. It never says where a name leads: that may be an inner one. */
  readonly refusal: string;
}

export const NOT_ALLOWED = 'not allowed';
export const HTTPS_REQUIRED = 'must begin with https://';

/** Plain http goes to listed addresses only: everybody on the way could read it. */
export const rulesOver = (protocol: string, rules: AddressRules): AddressRules =>
  protocol === 'https:' || !rules.publicToo ? rules : { ...rules, publicToo: false, refusal: HTTPS_REQUIRED };

export type CidrParsing =
  | { readonly kind: 'cidrs'; readonly cidrs: readonly Cidr[] }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Reads `10.20.0.0/16,fd12::/16`; spaces around a network are allowed. */
export function parseCidrs(text: string): CidrParsing {
  const cidrs: Cidr[] = [];
  for (const part of text.split(',').map((part) => part.trim())) {
    const cidr = cidrOf(part);
    if (cidr === undefined)
      return { kind: 'malformed', reason: `"${part}" is no network like 10.20.0.0/16 or fd12::/16` };
    const start = (cidr[0] instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(part);
    if (start.toString() !== cidr[0].toString())
      return {
        kind: 'malformed',
        reason: `"${part}" is not the start of a network: write ${start}/${cidr[1]}`,
      };
    cidrs.push(cidr);
  }
  return { kind: 'cidrs', cidrs };
}

/** IPv4 in its four numbers only: programs differ in what they take 10.1/16 for. Mapped, it is written as IPv4. */
function cidrOf(text: string): Cidr | undefined {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return ipaddr.IPv4.parseCIDR(text);
  if (!ipaddr.IPv6.isValidCIDR(text)) return undefined;
  const [network, length] = ipaddr.IPv6.parseCIDR(text);
  return network.isIPv4MappedAddress() ? undefined : [network, length];
}

/** Whether the address lies in one of these networks. */
export const liesIn = (address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Cidr[]): boolean =>
  networks.some(([network, length]) => {
    if (address instanceof ipaddr.IPv4)
      return network instanceof ipaddr.IPv4 && address.match(network, length);
    return network instanceof ipaddr.IPv6 && address.match(network, length);
  });

export const LOOPBACK: readonly Cidr[] = [ipaddr.parseCIDR('127.0.0.0/8'), ipaddr.parseCIDR('::1/128')];

/** For a server that the operator named himself, wherever it is. */
export const EVERYWHERE: AddressRules = {
  listed: [ipaddr.parseCIDR('0.0.0.0/0'), ipaddr.parseCIDR('::/0')],
  publicToo: true,
  refusal: NOT_ALLOWED,
};

/** Whether all of a network lies in one of the others. */
export const isWithin = ([network, length]: Cidr, others: readonly Cidr[]): boolean =>
  others.some((other) => length >= other[1] && liesIn(network, [other]));

import ipaddr from 'ipaddr.js';

const GROUPS_OF_A_NETWORK = 4;
/** Where a proxy passes on something else than an address. */
const LONGEST_NAME = 64;

/**
 * Who is counted as one by their address: an IPv4 address is one subscriber's, and so is an IPv6 network of 64 bits, in
 * which each device may choose any number of addresses (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address.slice(0, LONGEST_NAME);
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const groups = parsed.parts.slice(0, GROUPS_OF_A_NETWORK).map((part) => part.toString(16));
  return `${groups.join(':')}::/64`;
}

import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';

const MESSAGE = 'must be addresses or networks, separated by commas: 10.0.0.7,192.168.0.0/16,fd00::/8';

const Network = z.union([
  z.ipv4(),
  z.ipv6(),
  // Nobody is to be believed by all: that is what a prefix of 0 would say.
  z.union([z.cidrv4(), z.cidrv6()]).refine((network) => !network.endsWith('/0')),
]);

/** A setting that lists addresses and networks (CIDR); none when it is not set. */
export const networks = () =>
  z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .refine((list) => list.every((one) => Network.safeParse(one).success), MESSAGE);

/** Whether one of these addresses and networks contains an address. */
export function contains(list: readonly string[]): (address: string) => boolean {
  const networks = new BlockList();
  for (const one of list) {
    const [address = '', bits] = one.split('/');
    const family = familyOf(address);
    if (bits === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(bits), family);
  }
  return (address) => networks.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

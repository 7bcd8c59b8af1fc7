import type { Lease, WorkKey } from '@comanda/storage';
import type { Entropy } from './entropy.js';

/** A number that grows with time and is not given twice, also not within one millisecond. */
export const newFence = (now: Date, { random }: Pick<Entropy, 'random'>): number =>
  now.getTime() * 1_000 + Math.floor(random() * 1_000);

/** With the fence: the result of an old lease may be in the same batch as that of the lease that holds. */
export const heldKey = (lease: Lease): string => `${leaseKey(lease)}\u0000${lease.fence}`;

export const leaseKey = ({ kind, id }: WorkKey): string => `${kind}\u0000${id}`;

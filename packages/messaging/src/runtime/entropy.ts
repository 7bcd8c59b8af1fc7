import { randomBytes } from 'node:crypto';
import { newId } from '@comanda/contracts';

/** Where ids, chance and secrets come from. Production draws them from the system, a simulation from its seed. */
export interface Entropy {
  /** A UUIDv7. */
  newId(): string;
  /** Uniform in [0, 1). */
  random(): number;
  /** 32 bytes that nobody can guess. */
  newSecret(): Buffer;
}

const SECRET_BYTES = 32;

export const ENTROPY: Entropy = {
  newId,
  random: Math.random,
  newSecret: () => randomBytes(SECRET_BYTES),
};

import type { Refusal } from '@comanda/contracts';

/** A service refused what it should not have: a bug, here or there. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor({ status, code, detail }: Refusal) {
    super(`refused with ${status} ${code}: ${detail}`);
  }
}

/**
 * How fresh a standby is for sure, whatever its clock or its connection to the primary: what the primary had written at a
 * moment, and whether that has been replayed. A standby's own word does not do: with an idle primary its last transaction is
 * old, and cut off from it everything that it has received is replayed.
 */
export class Freshness {
  /** Oldest first; what was written by then is not known to be replayed. */
  #open: { readonly at: number; readonly position: bigint }[] = [];
  #asOf = Number.NEGATIVE_INFINITY;

  /** @param forMs samples that are older say nothing that anybody asks */
  constructor(private readonly forMs: number) {}

  /** All that was committed before `at` is in the primary's log up to this position. */
  written(at: number, position: bigint): void {
    this.#open = this.#open.filter((sample) => at - sample.at <= this.forMs);
    this.#open.push({ at, position });
  }

  /** The standby has replayed the log up to this position. */
  replayed(position: bigint): void {
    const done = this.#open.filter((sample) => sample.position <= position);
    this.#open = this.#open.filter((sample) => sample.position > position);
    this.#asOf = Math.max(this.#asOf, ...done.map(({ at }) => at));
  }

  /** Whether the standby shows all that was committed before so long ago, in milliseconds of the same clock. */
  isWithin(ms: number, now: number): boolean {
    return now - this.#asOf <= ms;
  }
}

/** A position in the log as PostgreSQL writes it: `16/B374D848`. */
export function positionOf(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

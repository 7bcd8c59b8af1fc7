/** An invariant does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly invariant: string,
    /** What is wrong, with the ids. */
    readonly detail: string,
  ) {
    super(`${invariant}: ${detail}`);
  }
}

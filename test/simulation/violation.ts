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

/** What must end the history instead of becoming a dead letter in it: a violation, or a fault of the simulation itself. */
export const isOurs = (error: unknown): boolean =>
  error instanceof Violation || (error instanceof Error && error.message.startsWith('the simulation'));

/** One SQL statement as each of the two databases takes it. Its parameters are `$1`, `$2`, `$3` ... in both. */
export interface Statement {
  readonly sqlite: string;
  readonly postgres: string;
  /** Under this name a PostgreSQL connection prepares it, once. */
  readonly name: string;
}

let count = 0;

/**
 * Declares a statement; make it a constant, because each one is prepared once and kept.
 *
 * @param text one text, or one for each database where they differ
 */
export function statement(text: string | { readonly sqlite: string; readonly postgres: string }): Statement {
  const texts = typeof text === 'string' ? { sqlite: text, postgres: text } : text;
  return { ...texts, name: `comanda-s${++count}` };
}

/** The value of one parameter. A list goes as one JSON text: a batch of any size is one parameter. */
export type Parameter = string | number | null | readonly unknown[];

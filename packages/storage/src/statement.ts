/** One SQL statement as each of the two databases takes it. Its parameters are `$1`, `$2`, `$3` ... in both. */
export interface Statement {
  readonly sqlite: string;
  readonly postgres: string;
  /** Under this name a PostgreSQL connection prepares it, once. */
  readonly name: string;
}

const names = new Map<string, string>();

/**
 * Declares a statement. Each text is prepared once on each connection and kept: what varies is a parameter.
 *
 * @param text one text, or one for each database where they differ
 */
export function statement(text: string | { readonly sqlite: string; readonly postgres: string }): Statement {
  const { sqlite, postgres } = typeof text === 'string' ? { sqlite: text, postgres: text } : text;
  const name = names.get(postgres) ?? `comanda-s${names.size}`;
  names.set(postgres, name);
  return { sqlite, postgres, name };
}

/** The value of one parameter. A list goes as one JSON text: a batch of any size is one parameter. */
export type Parameter = string | number | null | readonly unknown[];

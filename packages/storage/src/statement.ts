/** One SQL statement as each of the two databases takes it. Its parameters are `$1`, `$2`, `$3` ... in both. */
export interface Statement {
  readonly sqlite: string;
  /** Whether SQLite runs it once for each element of the list in the first parameter; see `Each`. */
  readonly eachOnSqlite: boolean;
  /** See `Each`. */
  readonly changedAs?: string;
  readonly postgres: string;
  /** Under this name a PostgreSQL connection prepares it, once. */
  readonly name: string;
}

/**
 * A statement on the rows of a list. PostgreSQL takes the list as one JSON text, because each round trip to it costs. In
 * SQLite there is none, and taking the JSON apart costs more than the rest: there the text runs once for each element, whose
 * values are its first marks `?`, and the further parameters the others.
 */
export interface Each {
  readonly eachOnSqlite: string;
  /**
   * Under this name the answer on SQLite has the elements that changed a row, where `RETURNING` would say the same: it makes
   * a table of its own for each answer, and costs half as much again as the rest.
   */
  readonly changedAs?: string;
  readonly postgres: string;
}

const names = new Map<string, string>();

/**
 * Declares a statement. Each text is prepared once on each connection and kept: what varies is a parameter.
 *
 * @param text one text, or one for each database where they differ
 */
export function statement(
  text: string | { readonly sqlite: string; readonly postgres: string } | Each,
): Statement {
  const { postgres } = typeof text === 'string' ? { postgres: text } : text;
  const name = names.get(postgres) ?? `comanda-s${names.size}`;
  names.set(postgres, name);
  if (typeof text === 'string') return { sqlite: text, eachOnSqlite: false, postgres, name };
  if ('sqlite' in text) return { ...text, eachOnSqlite: false, name };
  const { eachOnSqlite: sqlite, ...rest } = text;
  return { ...rest, sqlite, eachOnSqlite: true, name };
}

/** The value of one parameter. A list goes as one JSON text: a batch of any size is one parameter. */
export type Parameter = string | number | null | readonly unknown[];

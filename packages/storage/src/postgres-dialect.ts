/**
 * Every statement is written once, in a subset of SQLite's dialect, and translated here for PostgreSQL; docs/databases.md
 * lists the subset. What can't be known here is written so that both understand it: `->>` gives text on PostgreSQL and
 * the value's own type on SQLite, so numbers are cast wherever they are taken out of the parameter.
 */
interface Translated {
  readonly text: string;
  /** By which a connection knows a statement that it has parsed before. */
  readonly name: string;
  readonly takesParameter: boolean;
}

const known = new Map<string, Translated>();

/** A statement as PostgreSQL takes it; each is translated once. */
export function onPostgres(statement: string): Translated {
  const made = known.get(statement);
  if (made) return made;
  const text = translated(statement);
  const one = { text, name: `comanda-${known.size}`, takesParameter: text.includes('$1') };
  known.set(statement, one);
  return one;
}

function translated(statement: string): string {
  return (
    keysApart(statement)
      // What only PostgreSQL needs, a lock for instance, stands in a comment of its own kind.
      .replace(/\/\*pg (.*?) ?\*\//gs, '$1')
      // A list of strings.
      .replace(
        /SELECT value FROM json_each\(([^)]*)\)/g,
        (_, list: string) => `SELECT value FROM json_array_elements_text(${json(list)}) AS e(value)`,
      )
      // A list of lists, as the inner query of IN.
      .replace(/json_each\(([^)]*)\)\)/g, (_, list: string) => `${elements(list)} ${KEPT_WHOLE})`)
      .replace(/json_each\(([^)]*)\)/g, (_, list: string) => elements(list))
      // It keeps SQLite to the order in which the tables are written; PostgreSQL weighs it by itself.
      .replace(/\bCROSS JOIN\b/g, 'JOIN')
      .replace(/\?1/g, '$1::json')
  );
}

/**
 * Keeps the planner from merging an inner query into the outer one. Under row-level security an index may only serve a
 * comparison with something that can't tell on a row it should not see: a column can't, the result of `->>` could.
 */
const KEPT_WHOLE = 'OFFSET 0';

/** A list of keys that a table is joined with: each part becomes a column. */
function keysApart(statement: string): string {
  const parts = [...statement.matchAll(/\bk\.value ->> (\d+)/g)].map(([, at]) => Number(at));
  const columns = [...new Set(parts)].map((at) => `value ->> ${at} AS c${at}`).join(', ');
  return statement
    .replace(/\bk\.value ->> (\d+)/g, 'k.c$1')
    .replace(
      /json_each\(([^)]*)\) k\b/g,
      (_, list: string) => `(SELECT ${columns} FROM ${elements(list)} ${KEPT_WHOLE}) k`,
    );
}

const elements = (list: string): string => `json_array_elements(${json(list)}) AS e(value)`;

/** `?1`, or `?1, '$.name'` for one of its fields. */
function json(list: string): string {
  const [, field] = /^\?1, '\$\.(\w+)'$/.exec(list) ?? [];
  return field === undefined ? list : `?1 -> '${field}'`;
}

/**
 * The statement of a migration. Text is compared by its bytes, as SQLite does: the order of a page and its cursor must
 * not depend on where the server stands.
 */
export const definedOnPostgres = (statement: string): string =>
  statement
    .replace(/\bINTEGER PRIMARY KEY AUTOINCREMENT\b/g, 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY')
    .replace(/\bINTEGER\b/g, 'BIGINT')
    .replace(/\bTEXT\b/g, 'TEXT COLLATE "C"')
    .replace(/\)\s*WITHOUT ROWID\b/g, ')');

/**
 * The parameter as PostgreSQL can keep it: its text holds neither U+0000 nor half of a surrogate pair, which SQLite
 * keeps; both become U+FFFD.
 */
export function parameterOnPostgres(parameter: unknown): string {
  const text = JSON.stringify(parameter);
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(parameter, (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\ufffd') : value,
  );
}

import type { RawRow } from '@comanda/storage';

/** The rows of one table as a transaction sees and changes them. */
export interface Rows {
  get(key: string): RawRow | undefined;
  set(key: string, row: RawRow | undefined): void;
  all(): Iterable<RawRow>;
}

/** What a statement does to the tables, given its parameter. */
export type Execute = (table: (name: string) => Rows, parameter: unknown) => RawRow[];

/** The columns of each table's primary key, in its order. */
export type Keys = Readonly<Record<string, readonly string[]>>;

export const MESSAGING_KEYS: Keys = { inbox: ['messageId'], outbox: ['messageId'], work: ['kind', 'id'] };

export const keyText = (parts: readonly unknown[]): string => parts.join('\u0000');
const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const listed = (names: string): string[] => names.split(',').map((name) => camel(name.trim()));
const asList = (parameter: unknown): readonly unknown[] => (Array.isArray(parameter) ? parameter : []);
const asParts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const asFields = (parameter: unknown): Record<string, unknown> => Object.assign({}, parameter);
const text = (value: unknown): string => String(value);

/**
 * The statements that the runtime and the services send, each by its shape. They are the ones that SQLite runs in
 * production; one that has no shape here stops the simulation, so that none is simulated otherwise than it is meant.
 */
const SHAPES: readonly (readonly [RegExp, (found: RegExpExecArray, keys: Keys) => Execute])[] = [
  [/^SELECT .+? FROM json_each\(\?1\) k CROSS JOIN (\w+) (\w) ON (.+)$/, load],
  [
    /^INSERT INTO (\w+) \(([^)]+)\) SELECT .+? FROM json_each\(\?1\)(?: WHERE true)?(?: ON CONFLICT \([^)]+\) DO (NOTHING|UPDATE SET .+?))?(?: RETURNING (\w+))?$/,
    insert,
  ],
  [/^DELETE FROM (\w+) WHERE \(?[\w, ]+?\)? IN \(SELECT .+ FROM json_each\(\?1\)\)$/, remove],
  [/^WITH due AS .* UPDATE work SET due_at = \?1 ->> 'until'/, () => claimWork],
  [/^UPDATE work SET due_at = \?1 ->> 'now'/, () => giveWorkBack],
  [/^SELECT message_id, type, body FROM outbox WHERE/, () => listOutbox],
  [/^SELECT .+? FROM (\w+) (\w) WHERE ((?:\w\.\w+ = \?1 ->> \d+(?: AND )?)+)$/, readOne],
];

const known = new Map<string, Execute>();

/** @throws when a statement has no shape that is known here */
export function compile(statement: string, keys: Keys): Execute {
  const made = known.get(statement);
  if (made) return made;
  // What stands in such a comment is for PostgreSQL alone.
  const plain = statement
    .replace(/\/\*pg .*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .trim();
  for (const [shape, make] of SHAPES) {
    const found = shape.exec(plain);
    if (!found) continue;
    const execute = make(found, keys);
    known.set(statement, execute);
    return execute;
  }
  throw new Error(`the simulation does not know this statement: ${plain}`);
}

function keyOf(keys: Keys, table: string): readonly string[] {
  const key = keys[table];
  if (!key) throw new Error(`the simulation does not know the table ${table}`);
  return key;
}

/** For each column of a condition `t.column = k.value ->> n`, its name and `n`. */
const conditions = (on: string): { column: string; at: number }[] =>
  on.split(' AND ').map((condition) => {
    const [, column = '', at = ''] =
      /^\w\.(\w+) = (?:CAST\()?(?:k\.value|\?1) ->> (\d+)(?: AS BIGINT\))?$/.exec(condition.trim()) ?? [];
    if (column === '') throw new Error(`the simulation does not know this condition: ${condition}`);
    return { column: camel(column), at: Number(at) };
  });

/** Which of the wanted values make the primary key, and what else must be equal. */
function finder(keys: Keys, table: string, on: string): (rows: Rows, wanted: readonly unknown[]) => RawRow[] {
  const equal = conditions(on);
  const key = keyOf(keys, table).map((column) => equal.find((one) => one.column === column)?.at);
  const matches = (row: RawRow, wanted: readonly unknown[]) =>
    equal.every(({ column, at }) => row[column] === wanted[at]);
  if (key.some((at) => at === undefined))
    return (rows, wanted) => [...rows.all()].filter((row) => matches(row, wanted));
  return (rows, wanted) => {
    const row = rows.get(keyText(key.map((at) => wanted[at ?? 0])));
    return row && matches(row, wanted) ? [row] : [];
  };
}

function load([, name = '', , on = '']: RegExpExecArray, keys: Keys): Execute {
  const find = finder(keys, name, on);
  return (table, parameter) => asList(parameter).flatMap((wanted) => find(table(name), asParts(wanted)));
}

function readOne([, name = '', , on = '']: RegExpExecArray, keys: Keys): Execute {
  const find = finder(keys, name, on);
  return (table, parameter) => find(table(name), asParts(parameter));
}

function insert([, name = '', columns = '', conflict, returning]: RegExpExecArray, keys: Keys): Execute {
  const names = listed(columns);
  const key = keyOf(keys, name).map((column) => names.indexOf(column));
  const [only = 0] = key;
  const told = camel(returning ?? '');
  return (table, parameter) => {
    const rows = table(name);
    const returned: RawRow[] = [];
    for (const one of asList(parameter)) {
      const values = asParts(one);
      const place = key.length === 1 ? text(values[only]) : keyText(key.map((at) => values[at]));
      if (conflict === undefined || conflict === 'NOTHING') {
        const there = rows.get(place) !== undefined;
        if (there && conflict === undefined) throw new Error(`UNIQUE constraint failed: ${name} ${place}`);
        if (there) continue;
      }
      const row: RawRow = {};
      names.forEach((column, at) => {
        row[column] = values[at] ?? null;
      });
      rows.set(place, row);
      if (returning !== undefined) returned.push({ [returning]: row[told] });
    }
    return returned;
  };
}

function remove([, name = '']: RegExpExecArray): Execute {
  return (table, parameter) => {
    const rows = table(name);
    for (const key of asList(parameter)) rows.set(keyText(asParts(key)), undefined);
    return [];
  };
}

const claimWork: Execute = (table, parameter) => {
  const { kind, now, until, limit, fence, full } = asFields(parameter);
  const work = table('work');
  const due: RawRow[] = [];
  for (const row of work.all())
    if (row.kind === kind && text(row.dueAt) <= text(now) && !asList(full).includes(row.key)) due.push(row);
  due.sort((one, other) => (text(one.dueAt) < text(other.dueAt) ? -1 : 1)).splice(Number(limit));
  return due.map((row) => {
    const claimed = {
      ...row,
      dueAt: until,
      attempt: Number(row.attempt) + 1,
      fence: Math.max(Number(row.fence) + 1, Number(fence)),
    };
    work.set(keyText([row.kind, row.id]), claimed);
    return claimed;
  });
};

const giveWorkBack: Execute = (table, parameter) => {
  const { now, leases } = asFields(parameter);
  const work = table('work');
  for (const lease of asList(leases)) {
    const [kind, id, fence] = asParts(lease);
    const row = work.get(keyText([kind, id]));
    if (row?.fence === fence)
      work.set(keyText([kind, id]), { ...row, dueAt: now, attempt: Number(row?.attempt) - 1 });
  }
  return [];
};

const listOutbox: Execute = (table, parameter) => {
  const { after, before, limit } = asFields(parameter);
  return [...table('outbox').all()]
    .filter((row) => text(row.messageId) > text(after) && text(row.createdAt) < text(before))
    .sort((one, other) => (text(one.messageId) < text(other.messageId) ? -1 : 1))
    .slice(0, Number(limit))
    .map((row) => ({ message_id: row.messageId, type: row.type, body: row.body }));
};

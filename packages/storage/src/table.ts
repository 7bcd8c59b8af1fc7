import { z } from 'zod';

/** A row with all its columns in JavaScript's own shapes. */
export type Row = object;

/** The tables' own view of a row: its columns by name. */
type Columns = Record<string, unknown>;

/** A column that is stored otherwise than it is used. */
export interface Translated<S extends z.ZodType> {
  readonly schema: S;
  fromStored(stored: unknown): unknown;
  toStored(value: unknown): unknown;
}

/** What a table is made of: zod's types for what is stored as it is, `json()` and `flag()` for the rest. */
export type Shape = Readonly<Record<string, z.ZodType | Translated<z.ZodType>>>;

/** The rows of a table with this shape. */
export type RowOf<S extends Shape> = {
  [Column in keyof S]: S[Column] extends Translated<infer T>
    ? z.output<T>
    : S[Column] extends z.ZodType
      ? z.output<S[Column]>
      : never;
};

/** A column that holds a JSON document; it is parsed by `schema` whenever it is read. */
export const json = <S extends z.ZodType>(schema: S): Translated<S> => ({
  schema,
  fromStored: (stored) => (typeof stored === 'string' ? JSON.parse(stored) : stored),
  toStored: (value) => (value === null ? null : JSON.stringify(value)),
});

/** A column that holds yes or no; SQLite keeps it as 1 or 0. */
export const flag = (): Translated<z.ZodBoolean> => ({
  schema: z.boolean(),
  fromStored: (stored) => (stored === 1 ? true : stored === 0 ? false : stored),
  toStored: (value) => (value === true ? 1 : 0),
});

const isTranslated = (column: Shape[string]): column is Translated<z.ZodType> => 'fromStored' in column;

/** A flag is kept as a number, a document as text. */
function holdsNumber(column: Shape[string] | undefined): boolean {
  if (column === undefined) return false;
  if (isTranslated(column)) return column.schema instanceof z.ZodBoolean;
  return column instanceof z.ZodNullable || column instanceof z.ZodOptional
    ? holdsNumber(column.unwrap() as z.ZodType)
    : column instanceof z.ZodNumber;
}

/** One row by its key. */
export interface One<R extends Row = Row> {
  readonly kind: 'one';
  readonly table: Table<Row>;
  readonly key: readonly string[];
  /** It is not locked, because nothing is decided that would be wrong when it changes meanwhile. */
  readonly look: boolean;
  /** Never set: it carries the row's type to the handler that asked. */
  readonly row?: R;
}

/** All rows with these values in these columns (which an index must serve). */
export interface All<R extends Row = Row> {
  readonly kind: 'all';
  readonly table: Table<Row>;
  readonly columns: readonly string[];
  readonly values: readonly string[];
  /** They are not locked, because nothing is decided that would be wrong when they change meanwhile. */
  readonly look: boolean;
  /** Never set: it carries the row's type to the handler that asked. */
  readonly row?: R;
}

/** The rows a handler asks for, by the names under which it gets them. */
export type Needs = Readonly<Record<string, One | All | readonly One[]>>;

/** What the handler gets: a row that is not there is `undefined`. */
export type RowsOf<N> = {
  readonly [Name in keyof N]: N[Name] extends One<infer R>
    ? R | undefined
    : N[Name] extends All<infer R>
      ? readonly R[]
      : N[Name] extends readonly One<infer R>[]
        ? readonly (R | undefined)[]
        : never;
};

/** The whole row is written, new or not. What follows from a row that is there must have asked for it. */
export interface Put {
  readonly kind: 'put';
  readonly table: Table<Row>;
  readonly row: Row;
}

/** A row that must not exist yet is added. */
export interface Append {
  readonly kind: 'append';
  readonly table: Table<Row>;
  readonly row: Row;
}

/**
 * A table as the handlers see it: rows in, rows out, no statements. Columns are named in snake_case in the
 * database and in camelCase here.
 */
export class Table<R extends Row> {
  readonly columns: readonly string[];
  /** The columns that hold numbers; the others hold text. */
  readonly numbers: ReadonlySet<string>;
  /** Translating by hand around a plain schema, because zod compiles plain ones and interprets its codecs. */
  readonly #translated: readonly (readonly [string, Translated<z.ZodType>])[];

  constructor(
    readonly name: string,
    readonly key: readonly string[],
    shape: Shape,
    private readonly schema: z.ZodType<R>,
  ) {
    this.columns = Object.keys(shape);
    this.numbers = new Set(this.columns.filter((column) => holdsNumber(shape[column])));
    this.#translated = Object.entries(shape).flatMap(([name, column]) =>
      isTranslated(column) ? [[name, column] as const] : [],
    );
  }

  /** The row with this key, whose parts stand in the order of `key`. Nobody else changes it meanwhile. */
  lock(...key: string[]): One<R> {
    return { kind: 'one', table: this.#any, key, look: false };
  }

  /** All rows whose columns have these values. Nobody else changes them meanwhile. */
  lockAll(values: Partial<Record<keyof R & string, string>>): All<R> {
    return { ...this.readAll(values), look: false };
  }

  /** The row with this key as it is at the moment, for a decision that does not change it. */
  read(...key: string[]): One<R> {
    return { kind: 'one', table: this.#any, key, look: true };
  }

  /** All rows whose columns have these values as they are at the moment, for a decision that changes none of them. */
  readAll(values: Partial<Record<keyof R & string, string>>): All<R> {
    return {
      kind: 'all',
      table: this.#any,
      columns: Object.keys(values),
      values: Object.values(values).map(String),
      look: true,
    };
  }

  put(row: R): Put {
    return { kind: 'put', table: this.#any, row };
  }

  /** It is never read back in the same transaction. */
  append(row: R): Append {
    return { kind: 'append', table: this.#any, row };
  }

  keyOf(row: R): string {
    return keyText(this.key.map((column) => String(columnOf(row, column))));
  }

  /** A row as the database gives it, parsed. */
  decode(stored: Columns): R {
    if (this.#translated.length === 0) return this.schema.parse(stored);
    const row = { ...stored };
    for (const [name, column] of this.#translated) row[name] = column.fromStored(stored[name]);
    return this.schema.parse(row);
  }

  /** A row as the database takes it: its values in the order of `columns`. Throws when it breaks the schema. */
  encode(row: R): unknown[] {
    const stored = this.schema.parse(row) as Columns; // a copy: the schema makes a new object
    for (const [name, column] of this.#translated) stored[name] = column.toStored(stored[name]);
    return this.columns.map((column) => stored[column] ?? null);
  }

  /** A reference forgets the type of its table; whoever follows it gives the table back only rows of its own. */
  get #any(): Table<Row> {
    return this as unknown as Table<Row>;
  }
}

/** Describes a table by its key and its columns. */
export function table<S extends Shape>(
  name: string,
  key: readonly (keyof S & string)[],
  shape: S,
): Table<RowOf<S>> {
  const plain = Object.entries(shape).map(([name, column]) => [
    name,
    isTranslated(column) ? column.schema : column,
  ]);
  return new Table(name, key, shape, z.object(Object.fromEntries(plain)) as unknown as z.ZodType<RowOf<S>>);
}

export const keyText = (parts: readonly string[]): string => parts.join('\u0000');

export const columnOf = (row: Row, column: string): unknown => (row as Columns)[column];

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

/** The rows of a table with this shape. Nothing in a row is changed: who changes one makes another, and puts that. */
export type RowOf<S extends Shape> = {
  readonly [Column in keyof S]: S[Column] extends Translated<infer T>
    ? DeepReadonly<z.output<T>>
    : S[Column] extends z.ZodType
      ? DeepReadonly<z.output<S[Column]>>
      : never;
};

type DeepReadonly<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

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
export interface RowByKey<R extends Row = Row> {
  readonly kind: 'by-key';
  readonly table: Table<R>;
  readonly key: readonly string[];
  /** Nobody else changes it until the transaction ends. */
  readonly lock: boolean;
}

/** All rows with these values in these columns (which an index must serve). */
export interface RowsByValue<R extends Row = Row> {
  readonly kind: 'by-value';
  readonly table: Table<R>;
  readonly columns: readonly string[];
  readonly values: readonly string[];
  /** Nobody else changes them until the transaction ends. */
  readonly lock: boolean;
}

/** The rows that a handler asks for, by the names under which it gets them. */
export type Needs = Readonly<Record<string, RowByKey | RowsByValue | readonly RowByKey[]>>;

/** What the handler gets: a row that is not there is `undefined`. */
export type RowsOf<N> = {
  readonly [Name in keyof N]: N[Name] extends RowByKey<infer R>
    ? R | undefined
    : N[Name] extends RowsByValue<infer R>
      ? readonly R[]
      : N[Name] extends readonly RowByKey<infer R>[]
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

  /** The row with this key, whose parts stand in the order of `key`; nobody else changes it until the transaction ends. */
  lock(...key: string[]): RowByKey<R> {
    return { kind: 'by-key', table: this, key, lock: true };
  }

  /** All rows whose columns have these values; nobody else changes them until the transaction ends. */
  lockAll(values: Partial<Record<keyof R & string, string>>): RowsByValue<R> {
    return { ...this.readAll(values), lock: true };
  }

  /** The row with this key as it is at the moment, for a decision that does not change it. */
  read(...key: string[]): RowByKey<R> {
    return { kind: 'by-key', table: this, key, lock: false };
  }

  /** All rows whose columns have these values as they are at the moment, for a decision that changes none of them. */
  readAll(values: Partial<Record<keyof R & string, string>>): RowsByValue<R> {
    return {
      kind: 'by-value',
      table: this,
      columns: Object.keys(values),
      values: Object.values(values).map(String),
      lock: false,
    };
  }

  put(row: R): Put {
    return { kind: 'put', table: this, row };
  }

  /** It is never read back in the same transaction. */
  append(row: R): Append {
    return { kind: 'append', table: this, row };
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

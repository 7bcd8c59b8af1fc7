import { z } from 'zod';

/** A row with all its columns in JavaScript's own shapes. */
export type Row = object;

/** The tables' own view of a row: its columns by name. */
type Columns = Record<string, unknown>;

/**
 * What a table is made of: a type for each column, as it is used. Text and numbers are stored as they are, yes or no
 * as 1 or 0 on SQLite, and lists and objects as JSON documents.
 */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** The rows of a table with this shape. Nothing in a row is changed: who changes one makes another, and puts that. */
export type RowOf<S extends Shape> = { readonly [Column in keyof S]: DeepReadonly<z.output<S[Column]>> };

type DeepReadonly<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

function storedAs(column: z.ZodType): 'text' | 'number' | 'flag' | 'document' {
  if (column instanceof z.ZodNullable || column instanceof z.ZodOptional || column instanceof z.ZodReadonly)
    return storedAs(column.unwrap() as z.ZodType);
  if (column instanceof z.ZodNumber) return 'number';
  if (column instanceof z.ZodBoolean) return 'flag';
  const isDocument = [z.ZodArray, z.ZodObject, z.ZodRecord, z.ZodUnknown].some(
    (kind) => column instanceof kind,
  );
  return isDocument ? 'document' : 'text';
}

/** How a column that is stored otherwise than it is used comes and goes. */
interface Translation {
  fromStored(stored: unknown): unknown;
  toStored(value: unknown): unknown;
}

const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  flag: {
    fromStored: (stored) => (stored === 1 ? true : stored === 0 ? false : stored),
    toStored: (value) => (value === null ? null : Number(value)),
  },
  document: {
    fromStored: (stored) => (typeof stored === 'string' ? JSON.parse(stored) : stored),
    toStored: (value) => (value === null ? null : JSON.stringify(value)),
  },
};

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
  readonly #schema: z.ZodType<R>;
  /** Translating by hand around a plain schema, because zod compiles plain ones and interprets its codecs. */
  readonly #translated: readonly (readonly [string, Translation])[];

  constructor(
    readonly name: string,
    readonly key: readonly string[],
    /** The type of each column, as it is used. */
    readonly shape: Shape,
  ) {
    this.columns = Object.keys(shape);
    const stored = Object.entries(shape).map(([column, type]) => [column, storedAs(type)] as const);
    this.numbers = new Set(
      stored.flatMap(([column, as]) => (as === 'number' || as === 'flag' ? [column] : [])),
    );
    this.#translated = stored.flatMap(([column, as]) => {
      const translation = TRANSLATIONS[as];
      return translation ? [[column, translation] as const] : [];
    });
    this.#schema = z.object(shape) as unknown as z.ZodType<R>;
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
    if (this.#translated.length === 0) return this.#schema.parse(stored);
    const row = { ...stored };
    for (const [name, column] of this.#translated) row[name] = column.fromStored(stored[name]);
    return this.#schema.parse(row);
  }

  decodeAll(stored: readonly Columns[]): R[] {
    return stored.map((row) => this.decode(row));
  }

  /** A row as the database takes it: its values in the order of `columns`. Throws when it breaks the schema. */
  encode(row: R): unknown[] {
    const stored = this.#schema.parse(row) as Columns; // a copy: the schema makes a new object
    for (const [name, column] of this.#translated) stored[name] = column.toStored(stored[name]);
    return this.columns.map((column) => stored[column] ?? null);
  }

  encodeAll(rows: readonly R[]): unknown[][] {
    return rows.map((row) => this.encode(row));
  }
}

/** Describes a table by its key and its columns. */
export const table = <S extends Shape>(
  name: string,
  key: readonly (keyof S & string)[],
  shape: S,
): Table<RowOf<S>> => new Table(name, key, shape);

export const keyText = (parts: readonly string[]): string => parts.join('\u0000');

export const columnOf = (row: Row, column: string): unknown => (row as Columns)[column];

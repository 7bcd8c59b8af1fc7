import type { Contraction } from '@comanda/storage';
import type { TableDescription, Tables } from './table-description.js';

/** Something that a program of the release before can't live with. */
export interface TableBreak {
  /** `orders`, `orders.note`: the names that a contraction takes away. */
  readonly subject: string;
  readonly why: string;
}

/** What a program that was written for tables as they were can't live with in tables as they are. */
export function breaksOfTables(were: Tables, are: Tables): TableBreak[] {
  return Object.entries(were).flatMap(([name, before]) => {
    const after = are[name];
    if (!after) return [{ subject: name, why: 'the table is gone' }];
    return [...columnsThatBreak(name, before, after), ...rulesThatBreak(name, before, after)];
  });
}

/**
 * What of it no contraction allows: one that takes it away, and says that the release before did without it already.
 *
 * @param release whose programs must live with the tables
 * @param isBefore whether a release came before another
 */
export const forbidden = (
  breaks: readonly TableBreak[],
  contractions: readonly Contraction[],
  release: string,
  isBefore: (release: string, other: string) => boolean,
): TableBreak[] => {
  const allowed = contractions.filter(({ since }) => !isBefore(release, since)).flatMap(({ takes }) => takes);
  return breaks.filter(({ subject }) => !allowed.includes(subject));
};

function columnsThatBreak(table: string, before: TableDescription, after: TableDescription): TableBreak[] {
  const of = (column: string, why: string): TableBreak => ({ subject: `${table}.${column}`, why });
  const changed = Object.entries(before.columns).flatMap(([name, was]) => {
    const is = after.columns[name];
    if (!is) return [of(name, 'the column is gone')];
    return [
      ...(is.type === was.type ? [] : [of(name, `it is ${is.type}, and was ${was.type}`)]),
      ...(is.required && !was.required ? [of(name, 'it refuses null, and did not')] : []),
      ...(!is.required && was.required ? [of(name, 'it may be null, and never was')] : []),
      ...(was.filled && !is.filled ? [of(name, 'it has no default any more')] : []),
    ];
  });
  const added = Object.entries(after.columns)
    .filter(([name, is]) => !before.columns[name] && is.required && !is.filled)
    .map(([name]) => of(name, 'who does not know the column adds no row: it is NOT NULL without a default'));
  return [...changed, ...added];
}

function rulesThatBreak(table: string, before: TableDescription, after: TableDescription): TableBreak[] {
  const of = (why: string): TableBreak => ({ subject: table, why });
  const [were, are] = [new Map(before.unique.map(named)), new Map(after.unique.map(named))];
  return [
    // ON CONFLICT names its columns, and fails where there is no such key.
    ...[...were.keys()].filter((key) => !are.has(key)).map((key) => of(`${key} is not unique any more`)),
    ...[...are]
      .filter(([key, { columns }]) => !were.has(key) && columns.every((one) => !isNew(one, before, after)))
      .map(([key]) => of(`${key} must be unique, and had not to be`)),
    ...after.checks.filter((check) => !before.checks.includes(check)).map((check) => of(`new: ${check}`)),
  ];
}

const named = (key: TableDescription['unique'][number]) =>
  [`(${key.columns.join(', ')})${key.where === undefined ? '' : ` WHERE ${key.where}`}`, key] as const;

/** A column of before may be anything, and so may an expression. */
const isNew = (column: string, before: TableDescription, after: TableDescription): boolean =>
  after.columns[column] !== undefined && before.columns[column] === undefined;

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** A JSON Schema, as far as it is compared. */
export type Schema = { readonly [keyword: string]: unknown };

const Schema = z.record(z.string(), z.unknown());
const Properties = z.record(z.string(), Schema);
const Names = z.array(z.string());
const Branches = z.array(Schema);

/** Says nothing about what a message may be. */
const ANNOTATIONS = ['$schema', '~standard', 'title', 'description', 'examples', 'default'];
const COMPARED_APART = ['properties', 'required', 'items', 'anyOf', 'oneOf', 'allOf'];

/**
 * Where a message of before and one of now differ in more than fields that were added and may be left out. Both are sent and
 * both are read while two releases run, so what is narrower now is refused by new readers, and what is wider by old ones.
 *
 * @param path of the field, for people
 */
export function breaksOfMessages(was: Schema, is: Schema, path: string): string[] {
  const keywords = new Set([...Object.keys(was), ...Object.keys(is)]);
  const plain = [...keywords].filter((one) => !ANNOTATIONS.includes(one) && !COMPARED_APART.includes(one));
  return [
    ...plain
      .filter((keyword) => !isDeepStrictEqual(was[keyword], is[keyword]))
      .map((keyword) => `${path}: ${keyword} was ${said(was[keyword])}, and is ${said(is[keyword])}`),
    ...fieldsThatBreak(was, is, path),
    ...['items', 'anyOf', 'oneOf', 'allOf'].flatMap((keyword) =>
      branchesThatBreak(was[keyword], is[keyword], `${path} (${keyword})`),
    ),
  ];
}

function fieldsThatBreak(was: Schema, is: Schema, path: string): string[] {
  const [before, after] = [Properties.parse(was.properties ?? {}), Properties.parse(is.properties ?? {})];
  const [had, has] = [Names.parse(was.required ?? []), Names.parse(is.required ?? [])];
  const kept = Object.entries(before).flatMap(([name, field]) => {
    const now = after[name];
    if (!now) return [`${path}.${name}: is gone`];
    const [always, must] = [had.includes(name), has.includes(name)];
    return [
      ...(must && !always ? [`${path}.${name}: is required, and was not`] : []),
      ...(always && !must ? [`${path}.${name}: may be missing, and never was`] : []),
      ...breaksOfMessages(field, now, `${path}.${name}`),
    ];
  });
  const added = Object.keys(after).filter((name) => !before[name]);
  return [
    ...kept,
    ...added.filter((name) => has.includes(name)).map((name) => `${path}.${name}: is new, and required`),
    ...(was.additionalProperties === false
      ? added.map((name) => `${path}.${name}: is new, and readers refused fields that they did not know`)
      : []),
  ];
}

function branchesThatBreak(was: unknown, is: unknown, path: string): string[] {
  const [before, after] = [branches(was), branches(is)];
  if (before.length !== after.length) return [`${path}: had ${before.length} forms, and has ${after.length}`];
  return before.flatMap((schema, at) => breaksOfMessages(schema, after[at] ?? {}, path));
}

const branches = (schemas: unknown): Schema[] =>
  schemas === undefined ? [] : Array.isArray(schemas) ? Branches.parse(schemas) : [Schema.parse(schemas)];

const said = (value: unknown): string => (value === undefined ? 'not said' : JSON.stringify(value));

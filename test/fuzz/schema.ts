import type { JsonSchema } from '@comanda/test-kit';
import fc from 'fast-check';

/** Of JSON Schema what a generator needs besides. */
export interface Schema extends JsonSchema {
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maximum?: number;
}

/** Values for fields of these names: what is there, and what does no harm. */
export type Known = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const MOST_DEPTH = 6;
const MOST_CHARACTERS = 120;

/** Values that a schema allows, as far as it can tell. `whole`: with all fields, also those that may be left out. */
export class ValuesOf {
  constructor(
    private readonly known: Known,
    private readonly whole = false,
  ) {}

  of(schema: Schema, name = '', depth = 0): fc.Arbitrary<unknown> {
    const known = this.known[name];
    if (known) return known;
    if (depth > MOST_DEPTH) return fc.constant(null);
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const forms = schema.anyOf ?? schema.oneOf;
    if (forms) return fc.oneof(...forms.map((form) => this.of(form, name, depth + 1)));
    if (schema.allOf)
      return fc
        .tuple(...schema.allOf.map((part) => this.of(part, name, depth + 1)))
        .map((parts) => Object.assign({}, ...parts));
    const { type } = schema;
    return typeof type === 'string' || type === undefined
      ? this.#ofType(type, schema, depth)
      : fc.oneof(...type.map((one) => this.#ofType(one, schema, depth)));
  }

  #ofType(type: string | undefined, schema: Schema, depth: number): fc.Arbitrary<unknown> {
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array': {
        const { items = {}, minItems = 0, maxItems = 3 } = schema;
        const least = this.whole ? Math.max(minItems, 1) : minItems;
        return fc.array(this.of(items, '', depth + 1), {
          minLength: least,
          maxLength: Math.max(least, Math.min(maxItems, 3)),
        });
      }
      case 'integer': {
        const { minimum: min = 0, maximum: max = min + 10_000 } = schema;
        return fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) });
      }
      case 'number':
        return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'string':
        return textOf(schema);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  #object(
    { properties = {}, required = [], additionalProperties }: Schema,
    depth: number,
  ): fc.Arbitrary<unknown> {
    const model = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, this.of(inner, name, depth + 1)]),
    );
    const fields = fc.record(model, { requiredKeys: this.whole ? Object.keys(model) : [...required] });
    if (typeof additionalProperties !== 'object' || Object.keys(properties).length > 0) return fields;
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), this.of(additionalProperties, '', depth + 1), {
      maxKeys: 3,
    });
  }
}

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid({ version: 7 }),
  email: fc.stringMatching(/^[a-z]{1,8}@example\.(org|com)$/),
  'date-time': fc
    .date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  uri: fc.constantFrom('https://example.org/x', 'http://127.0.0.1:1/x'),
};

function textOf({
  format,
  pattern,
  minLength = 0,
  maxLength = MOST_CHARACTERS,
}: Schema): fc.Arbitrary<string> {
  const ofFormat = format === undefined ? undefined : FORMATS[format];
  const fits = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  if (ofFormat) return ofFormat;
  if (pattern !== undefined) return matching(pattern).filter(fits);
  const most = Math.max(minLength, Math.min(maxLength, MOST_CHARACTERS));
  return fc.oneof(
    fc.stringMatching(/^[A-Za-z]([A-Za-z ]*[A-Za-z])?$/).filter(fits),
    fc.string({ unit: 'grapheme', minLength, maxLength: most }).filter(fits),
  );
}

/** fast-check reads no assertions like `(?!...)`: what has them is left to one that is known to fit most of them. */
function matching(pattern: string): fc.Arbitrary<string> {
  const expression = new RegExp(pattern, 'u');
  if (pattern.includes('(?'))
    return fc.constantFrom('sample', '1', 'true').filter((text) => expression.test(text));
  return fc.stringMatching(expression);
}

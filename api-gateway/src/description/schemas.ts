import { z } from 'zod';
import { NAMES } from './named.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

const AT = '#/components/schemas/';

/** The named schemas of a document, each once, whoever uses it. */
export class SchemaCollection {
  readonly #byName = new Map<string, string>();

  /**
   * A schema as it stands where it is used: a reference, when it has a name. zod's own JSON Schema is of draft 2020-12,
   * which is OpenAPI 3.1's dialect, too.
   */
  add(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      '~standard': __,
      $defs = {},
      ...used
    } = z.toJSONSchema(schema, {
      io,
      target: 'draft-2020-12',
      metadata: NAMES,
      override: ({ jsonSchema }) => {
        // For generators whose integers would else have 32 bits; an amount may have 53.
        if (jsonSchema.type === 'integer') jsonSchema.format = 'int64';
        // An answer may have more fields one day; a request may have none that is not known.
        if (io === 'output' && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties;
      },
    });
    for (const [name, definition] of Object.entries($defs)) this.#keep(name, definition);
    return referring(used);
  }

  /** All of them by name. */
  get components(): Record<string, JsonSchema> {
    const names = [...this.#byName.keys()].toSorted();
    return Object.fromEntries(names.map((name) => [name, parsed(this.#byName.get(name) ?? '')]));
  }

  #keep(name: string, definition: object): void {
    const text = JSON.stringify(referring(definition));
    const known = this.#byName.get(name) ?? text;
    if (known !== text) throw new Error(`two schemas are called ${name}: ${known} and ${text}`);
    this.#byName.set(name, text);
  }
}

const parsed = (text: string): JsonSchema => z.record(z.string(), z.unknown()).parse(JSON.parse(text));

const referring = (schema: object): JsonSchema =>
  parsed(JSON.stringify(schema).replaceAll('"#/$defs/', `"${AT}`));

/** The name of the schema that this one refers to, if it does. */
export const nameIn = (schema: object): string | undefined =>
  '$ref' in schema && typeof schema.$ref === 'string' && schema.$ref.startsWith(AT)
    ? schema.$ref.slice(AT.length)
    : undefined;

import { dereferenced } from './dereferenced.js';

/** Of JSON Schema what our documents use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

export interface OpenApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters: readonly Parameter[];
            readonly requestBody?: {
              readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
            };
          }
        >
      >
    >
  >;
}

export interface ApiOperation {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
}

/** Every route that a document knows: so a test covers a new one by itself. */
export const operationsOf = (document: OpenApiDocument): ApiOperation[] =>
  Object.entries(dereferenced(document).paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema,
    })),
  );

const TEXTS = ['EUR', 'order.*', 'default', 'sample', '1', 'true', '0190a000-0000-7000-8000-000000000001'];
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '0190a000-0000-7000-8000-000000000001',
  'date-time': '2026-01-31T12:00:00Z',
  email: 'somebody@example.org',
};

/** A value that fits a schema, as far as a schema can tell. */
export function sampleOf(schema: JsonSchema): unknown {
  const { anyOf, format = '', pattern = '', properties = {}, items = {}, minimum = 1 } = schema;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (anyOf?.[0]) return sampleOf(anyOf[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sampleOf(inner)]));
    case 'array':
      return [sampleOf(items)];
    case 'integer':
    case 'number':
      return Math.max(minimum, 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return FORMATS[format] ?? TEXTS.find((text) => new RegExp(pattern, 'u').test(text));
  }
}

/** Bodies that have this value in the place of the whole, of all its fields, and of what lies deeper. */
export function spoiltBodies(schema: JsonSchema, value: unknown): unknown[] {
  const { anyOf, properties = {}, items } = schema;
  if (anyOf) return anyOf.flatMap((form) => spoiltBodies(form, value));
  if (items) return [value, ...spoiltBodies(items, value).map((item) => [item])];
  if (schema.type !== 'object') return [value];
  const all = Object.fromEntries(Object.keys(properties).map((name) => [name, value]));
  const whole = sampleOf(schema);
  const deeper = Object.entries(properties)
    .filter(([, { anyOf: forms, items: list, properties: fields }]) => forms ?? list ?? fields)
    .flatMap(([name, inner]) =>
      spoiltBodies(inner, value).map((spoilt) => Object.assign({}, whole, { [name]: spoilt })),
    );
  return [value, all, ...deeper];
}

import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { dereferenced } from './dereferenced.js';

type Schema = Readonly<Record<string, unknown>>;

interface Response {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: Schema }>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface AnsweredRequest {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Headers of HTTP itself, of caches and of browsers, which no client of the API has to know. */
const OF_HTTP =
  /^(date|server|connection|keep-alive|transfer-encoding|content-(type|length)|vary|accept-encoding|cache-control|x-content-type-options|referrer-policy|cross-origin-resource-policy|content-security-policy|strict-transport-security|access-control-.*)$/;

const DOCUMENT = new URL('../../../docs/openapi.json', import.meta.url);

/** An answer that its document does not know. */
export class NotDescribed extends Error {
  override readonly name = 'NotDescribed';
}

/** The API as its document describes it. What the document doesn't know is no answer of ours. */
export class DescribedApi {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new WeakMap<Schema, ValidateFunction>();

  constructor(document: Document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Document) {
    this.#document = dereferenced(document);
    formats.default(this.#ajv);
  }

  /** @throws NotDescribed */
  check(answered: AnsweredRequest): void {
    const faults = this.faultsOf(answered);
    if (faults.length === 0) return;
    const { method, path, status, text } = answered;
    throw new NotDescribed(
      `${method} ${path} was answered ${status}, and docs/openapi.json (npm run docs) does not know it so:\n${faults.join('\n')}\n${text.slice(0, 2_000)}`,
    );
  }

  faultsOf({ method, path, status, headers, text }: AnsweredRequest): string[] {
    // As it was sent: a URL would be without its `..`, which the gateway takes for what they are.
    const pathname = readable(path.split('?')[0] ?? '');
    if (!/^\/(api\/v1|\.well-known)\//.test(pathname) || method === 'OPTIONS') return [];
    const response = this.#responseTo(method, pathname, status);
    if (response === undefined) return [`the status ${status} is not described`];
    return [
      ...this.#faultsOfHeaders(response, headers),
      ...this.#faultsOfBody(response, headers, method === 'HEAD' ? undefined : text),
    ];
  }

  /** What of a value does not fit a schema, in which nothing may stand that is not described. */
  faultsOfValue(schema: Schema, value: unknown): string[] {
    const fits = this.#compiled.get(schema) ?? this.#ajv.compile(closed(schema) as AnySchema);
    this.#compiled.set(schema, fits);
    if (fits(value)) return [];
    return (fits.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
    );
  }

  #responseTo(method: string, pathname: string, status: number): Response | undefined {
    const found = Object.entries(this.#document.paths)
      .filter(([template]) => fits(template, pathname))
      // What stands there letter by letter comes before what stands for anything.
      .toSorted(([one], [other]) => one.split('{').length - other.split('{').length);
    const operation = found[0]?.[1][method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (operation) return operation.responses[String(status)];
    // What is no route has no place in the document; it is refused as everything is.
    const { Problem = {} } = this.#document.components.schemas;
    const refused = { 'application/problem+json': { schema: Problem } };
    const allow = { allow: { required: true, schema: { type: 'string' } } };
    return status >= 400 && status < 500
      ? { headers: status === 405 ? allow : {}, content: refused }
      : undefined;
  }

  #faultsOfHeaders({ headers: described = {} }: Response, headers: Headers): string[] {
    const known = new Map(Object.entries(described).map(([name, header]) => [name.toLowerCase(), header]));
    known.set('x-correlation-id', { required: true, schema: { type: 'string', minLength: 1 } });
    const undescribed = [...headers.keys()].filter((name) => !known.has(name) && !OF_HTTP.test(name));
    return [
      ...undescribed.map((name) => `the header ${name} is not described`),
      ...[...known].flatMap(([name, { required = false, schema }]) => {
        const value = headers.get(name);
        if (value === null) return required ? [`the header ${name} is missing`] : [];
        return this.faultsOfValue(schema, value).map((fault) => `the header ${name}: ${fault}`);
      }),
    ];
  }

  #faultsOfBody({ content = {} }: Response, headers: Headers, text: string | undefined): string[] {
    const [type = ''] = (headers.get('content-type') ?? '').split(';');
    const media = content[type.trim()];
    if (Object.keys(content).length === 0)
      return text === undefined || text === '' ? [] : ['there is a body, and none is described'];
    if (media === undefined) return [`the content type "${type}" is not described`];
    if (text === undefined || !type.includes('json')) return [];
    return this.faultsOfValue(media.schema, JSON.parse(text));
  }
}

/** As a router reads it; what it cannot read is no path of ours. */
function readable(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

const fits = (template: string, pathname: string): boolean => {
  const parts = pathname.split('/');
  const expected = template.split('/');
  return (
    parts.length === expected.length &&
    expected.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))
  );
};

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema with nothing beyond what it describes, in whatever depth. */
function closed(schema: Schema): Schema {
  const { allOf } = schema;
  if (Array.isArray(allOf))
    return { ...closedInside(schema), allOf: allOf.map(closedInside), unevaluatedProperties: false };
  const inside = closedInside(schema);
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...inside, additionalProperties: false }
    : inside;
}

function closedInside(schema: Schema): Schema {
  const { properties, items, anyOf, oneOf } = schema;
  const each = (list: unknown) => (Array.isArray(list) ? list.map(closed) : undefined);
  return {
    ...schema,
    ...(isSchema(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, isSchema(inner) ? closed(inner) : inner]),
      ),
    }),
    ...(isSchema(items) && { items: closed(items) }),
    ...(anyOf !== undefined && { anyOf: each(anyOf) }),
    ...(oneOf !== undefined && { oneOf: each(oneOf) }),
  };
}

import { type ApiOperation, type OpenApiDocument, operationsOf } from '@comanda/test-kit';
import fc from 'fast-check';
import { hostileHeader, hostileJson, hostileText, hostileValue, inHeader, ONE_OF_EACH } from './hostile.js';
import { type Known, type Schema, ValuesOf } from './schema.js';

export interface FuzzedRequest {
  /** Who sends it, by the name of the caller. */
  readonly caller: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Route {
  readonly name: string;
  readonly operation: ApiOperation;
  /** Good ones, nearly good ones, and those that nobody would send by accident. */
  readonly requests: fc.Arbitrary<FuzzedRequest>;
  /** One for each of its fields, parameters and headers, and each of some texts in the place of it. */
  readonly sweep: readonly FuzzedRequest[];
}

/** Headers that the gateway reads, or might once; good values, besides those that are not. */
const HEADERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'idempotency-key': fc.integer({ min: 1, max: 30 }).map((n) => `fuzz-${n}`),
  'x-correlation-id': fc.uuid(),
  traceparent: fc.constantFrom(
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-00000000000000000000000000000000-0000000000000000-00',
    'cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else',
  ),
  authorization: fc.constantFrom(
    'Bearer a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Basic Og==',
    'Bearer',
    'bearer  ',
  ),
  'x-api-key': fc.constantFrom('cmd_live_0000', `cmd_live_${'0'.repeat(43)}`),
  'content-type': fc.constantFrom(
    'application/json; charset=utf-8',
    'application/problem+json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
  ),
  'content-encoding': fc.constantFrom('identity', 'gzip', 'br'),
  'last-event-id': fc.constantFrom('0', '-1', '99999999999999999999', '0190a000-0000-7000-8000-000000000001'),
  origin: fc.constantFrom('null', 'http://localhost:5173', 'https://evil.example'),
  'if-none-match': fc.constantFrom('*', '"x"', 'W/"x", "y"'),
  accept: fc.constantFrom('application/json', 'text/html', 'text/event-stream', '*/*;q=0', 'text/csv'),
  'accept-encoding': fc.constantFrom('gzip', 'identity;q=0, *;q=0'),
  cookie: fc.constantFrom('comanda_refresh=x', '__Host-x=1; x=2', '=; ;'),
  'x-forwarded-for': fc.constantFrom('127.0.0.1', '::1', "127.0.0.1, ::ffff:::, ' OR 1=1"),
  'x-http-method-override': fc.constantFrom('DELETE', 'GET'),
  range: fc.constantFrom('bytes=0-0', 'bytes=0-0,-1'),
};
/** Those that a sweep has each of its texts in. */
const SWEPT = [
  'idempotency-key',
  'x-correlation-id',
  'traceparent',
  'authorization',
  'x-api-key',
  'last-event-id',
];

/** What may stand in a part of a path by itself, besides encoded text. */
const UNENCODED = [
  '%00',
  '%',
  '%zz',
  '%ED%A0%80',
  '%2e%2e%2f',
  '..',
  '%2F',
  'a;b=c',
  '%F0%9F%98%80',
  'null',
  '',
];

const sometimes = <T>(usual: T, weight: number, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });

interface Senders {
  /** Chance picks one of these for each request. */
  readonly often: readonly string[];
  readonly sweepers: readonly string[];
}

/** Every route of the document, with the requests that chance makes for it. */
export function routesOf(document: OpenApiDocument, { often, sweepers }: Senders, known: Known): Route[] {
  const values = new ValuesOf(known);
  const whole = new ValuesOf(known, true);
  return operationsOf(document).map((operation) => ({
    name: `${operation.method} ${operation.path}`,
    operation,
    requests: requestsFor(operation, often, values),
    sweep: sweepers.flatMap((caller) => sweepOf(operation, caller, whole)),
  }));
}

const parametersIn = ({ parameters }: ApiOperation, where: string) =>
  parameters.filter((parameter) => parameter.in === where);

const encoded = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());

const filled = (path: string, parts: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? '');

const inQuery = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`;

function requestsFor(
  operation: ApiOperation,
  callers: readonly string[],
  values: ValuesOf,
): fc.Arbitrary<FuzzedRequest> {
  return fc
    .record({
      caller: fc.constantFrom(...callers),
      method: sometimes(
        operation.method,
        25,
        fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'POST', 'GET'),
      ),
      path: pathFor(operation, values),
      query: queryFor(operation, values),
      headers: headersFor(operation, values),
      body: operation.body
        ? bodyFor(operation.body, values)
        : sometimes<string | undefined>(undefined, 20, hostileJson),
    })
    .map(({ path, query, body, headers, ...rest }) =>
      request({ ...rest, target: path + query, headers, body }),
    );
}

/** A body without a type would only be told so; a header that is not there is left out. */
function request({
  headers,
  body,
  ...rest
}: Omit<FuzzedRequest, 'headers' | 'body'> & {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
}): FuzzedRequest {
  const sent = { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers };
  return {
    ...rest,
    headers: Object.fromEntries(
      Object.entries(sent).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    ...(body !== undefined && { body }),
  };
}

/**
 * What is to be changed is there, or is named in a way that it can't be: a command about an order that is not known yet
 * is accepted while orders-service is slow to say so, and waits for it.
 */
function pathFor(operation: ApiOperation, values: ValuesOf): fc.Arbitrary<string> {
  const parts = parametersIn(operation, 'path').map(({ name, schema }) => [
    name,
    fc.oneof(
      { weight: operation.method === 'GET' ? 6 : 8, arbitrary: values.of(schema, name).map(encoded) },
      { weight: operation.method === 'GET' ? 2 : 0, arbitrary: fc.uuid({ version: 7 }) },
      { weight: 1, arbitrary: hostileText.map(encoded) },
      { weight: 1, arbitrary: fc.constantFrom(...UNENCODED) },
    ),
  ]);
  return fc
    .record<Record<string, string>>(Object.fromEntries(parts))
    .map((chosen) => filled(operation.path, chosen));
}

function queryFor(operation: ApiOperation, values: ValuesOf): fc.Arbitrary<string> {
  const parameters = parametersIn(operation, 'query');
  const good = ({ name, schema }: (typeof parameters)[number]) => values.of(schema, name).map(encoded);
  const known = parameters.map((parameter) =>
    fc
      .oneof(
        { weight: 4, arbitrary: good(parameter) },
        { weight: 1, arbitrary: hostileText.map(encoded) },
        { weight: 1, arbitrary: fc.constantFrom(...UNENCODED) },
      )
      .map((value) => [parameter.name, value] as const),
  );
  // What must be there is there mostly, so that requests come further than to its absence.
  const must = parameters.filter(({ required }) => required);
  const needed = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(...must.map((one) => good(one).map((value) => [one.name, value] as const))),
    },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const unknown = fc.tuple(hostileText.map(encoded), hostileText.map(encoded));
  // One that is chosen twice stands there twice.
  const pairs = known.length === 0 ? [] : [{ weight: 12, arbitrary: fc.oneof(...known) }];
  const odd = fc.array(fc.oneof(...pairs, { weight: 1, arbitrary: unknown }), { minLength: 1, maxLength: 4 });
  const more = sometimes<readonly (readonly [string, string])[]>([], known.length === 0 ? 15 : 1, odd);
  return fc.tuple(needed, more).map(([first, second]) => inQuery([...first, ...second]));
}

function headersFor(
  operation: ApiOperation,
  values: ValuesOf,
): fc.Arbitrary<Readonly<Record<string, string | undefined>>> {
  const own = parametersIn(operation, 'header').map(({ name, schema }) => {
    const good =
      HEADERS[name.toLowerCase()] ?? values.of(schema, name).map((value) => inHeader(String(value)));
    return [
      name.toLowerCase(),
      sometimes<string | undefined>(undefined, 2, fc.oneof(good, good, hostileHeader)),
    ];
  });
  const all = Object.entries(HEADERS).map(([name, good]) => [
    name,
    sometimes<string | undefined>(undefined, 15, fc.oneof(good, hostileHeader)),
  ]);
  return fc
    .record<Record<string, string | undefined>>({ ...Object.fromEntries(all), ...Object.fromEntries(own) })
    .map((chosen) => Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)));
}

function bodyFor(schema: Schema, values: ValuesOf): fc.Arbitrary<string | undefined> {
  const good = values.of(schema);
  return fc.oneof(
    { weight: 8, arbitrary: good.map((body) => JSON.stringify(body)) },
    { weight: 8, arbitrary: fc.tuple(good, fc.nat(), breakage).map(([body, at, one]) => one(body, at)) },
    { weight: 2, arbitrary: hostileJson },
    { weight: 1, arbitrary: hostileValue.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

type Path = readonly (string | number)[];

/** Where anything stands in a body, the body itself included. */
function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [[], ...inner.flatMap(([key, one]) => pathsIn(one).map((path) => [key, ...path]))];
}

/** The same with what `change` makes of that one place; a field of which it makes nothing goes. */
function changedAt(value: unknown, [key, ...rest]: Path, change: (value: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.map((one, at) => (at === key ? changedAt(one, rest, change) : one));
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, one]) => [
      name,
      name === key ? changedAt(one, rest, change) : one,
    ]),
  );
}

const somewhere = (body: unknown, at: number): Path => {
  const paths = pathsIn(body);
  return paths[at % paths.length] ?? [];
};

/** What breaks one thing of a good body. */
const breakage: fc.Arbitrary<(body: unknown, at: number) => string | undefined> = fc.oneof(
  {
    weight: 5,
    arbitrary: hostileValue.map(
      (value) => (body: unknown, at: number) =>
        JSON.stringify(changedAt(body, somewhere(body, at), () => value)),
    ),
  },
  fc.constant((body: unknown, at: number) =>
    JSON.stringify(changedAt(body, somewhere(body, at), () => undefined)),
  ),
  fc.constant((body: unknown, at: number) =>
    JSON.stringify(changedAt(body, somewhere(body, at), (value) => [value])),
  ),
  fc.constant((body: unknown, at: number) =>
    JSON.stringify(changedAt(body, somewhere(body, at), JSON.stringify)),
  ),
  fc.tuple(hostileText, hostileValue).map(
    ([name, value]) =>
      (body: unknown) =>
        withField(body, name, value),
  ),
  fc.constant((body: unknown, at: number) => {
    const names = Object.keys(Object(body));
    return withField(body, names[at % names.length] ?? 'x', 1);
  }),
);

/** Written by hand: so it may stand there twice, or be called `__proto__`. */
function withField(body: unknown, name: string, value: unknown): string {
  const text = JSON.stringify(body) ?? '{}';
  const field = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return text === '{}' ? `{${field}}` : text.startsWith('{') ? `{${field},${text.slice(1)}` : text;
}

function sweepOf(operation: ApiOperation, caller: string, whole: ValuesOf): FuzzedRequest[] {
  const one = <T>(values: fc.Arbitrary<T>): T | undefined => fc.sample(values, { numRuns: 1, seed: 1 })[0];
  const good = Object.fromEntries(
    parametersIn(operation, 'path').map(({ name, schema }) => [name, encoded(one(whole.of(schema, name)))]),
  );
  const target = filled(operation.path, good);
  const body = operation.body && one(whole.of(operation.body));
  const text = body === undefined ? undefined : JSON.stringify(body);
  const base = { caller, method: operation.method, target, headers: {}, body: text };
  return ONE_OF_EACH.flatMap((hostile) => [
    ...Object.keys(good).map((name) => ({
      ...base,
      target: filled(operation.path, { ...good, [name]: encoded(hostile) }),
    })),
    ...parametersIn(operation, 'query').map(({ name }) => ({
      ...base,
      target: `${target}?${name}=${encoded(hostile)}`,
    })),
    ...SWEPT.map((name) => ({ ...base, headers: { [name]: inHeader(hostile) } })),
    ...(body ? pathsIn(body) : [])
      .filter((path) => path.length > 0)
      .map((path) => ({ ...base, body: JSON.stringify(changedAt(body, path, () => hostile)) })),
  ]).map(request);
}

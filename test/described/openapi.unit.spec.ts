import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribedApi, dereferenced } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { useFolder } from '../support/use-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'docs/openapi.json');
const text = readFileSync(FILE, 'utf8');
const folder = useFolder('comanda-openapi-');

const Schema = z.record(z.string(), z.unknown());
const Media = z.object({
  schema: Schema,
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const Content = z.record(z.string(), Media);
const Parameter = z.object({
  name: z.string(),
  description: z.string().min(1),
  schema: Schema,
  example: z.unknown(),
});
const Response = z.object({ content: Content.optional() });
const Operation = z.object({
  operationId: z.string(),
  parameters: z.array(Parameter),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), Response.or(z.object({ $ref: z.string() }))),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), Schema),
    responses: z.record(z.string(), Response),
    headers: z.record(z.string(), z.object({ schema: Schema, example: z.unknown() })),
  }),
});

const raw = Document.parse(JSON.parse(text));
const whole = Document.parse(dereferenced(JSON.parse(text)));
const operationsOf = ({ paths }: z.infer<typeof Document>) =>
  Object.values(paths).flatMap((item) => Object.values(item));
const mediaOf = (document: z.infer<typeof Document>) =>
  operationsOf(document).flatMap(({ operationId, requestBody, responses }) =>
    [requestBody, ...Object.values(responses)].flatMap((one) =>
      Object.values((one && 'content' in one ? one.content : undefined) ?? {}).map((media) => ({
        operationId,
        media,
      })),
    ),
  );

/** What both linters say; the rules and their exceptions are in this folder. */
async function findings(file: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['test/described/lint.mjs', file], {
    cwd: ROOT,
  });
  return stdout.split('\n').filter((line) => line !== '');
}

test('Redocly and Spectral find nothing', async () => {
  expect(await findings(FILE)).toEqual([]);
});

test('both would say what is wrong', async () => {
  const { servers: _, ...broken } = z.looseObject({ servers: z.unknown() }).parse(JSON.parse(text));
  const file = join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(broken));
  expect(await findings(file)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('redocly error no-empty-servers'),
      expect.stringContaining('spectral 1 oas3-api-servers'),
    ]),
  );
});

test('operations are called as a generated client would call them', () => {
  const ids = operationsOf(raw).map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][a-zA-Z]+$/);
});

test('what is sent and answered has a name', () => {
  const inline = mediaOf(raw).filter(
    ({ media }) => !('$ref' in media.schema) && media.schema.type !== 'string',
  );
  expect(inline).toEqual([]);
  expect(mediaOf(raw).length).toBeGreaterThan(40);
});

test('everything that is sent and answered has an example that is as it is described', () => {
  const api = new DescribedApi();
  const { schemas, headers } = whole.components;
  const examples = [
    ...mediaOf(whole).flatMap(({ operationId, media: { schema, example, examples } }) =>
      examples === undefined
        ? [{ of: operationId, schema, example }]
        : Object.entries(examples).map(([of, { value }]) => ({ of, schema, example: value })),
    ),
    ...operationsOf(whole).flatMap(({ operationId, parameters }) =>
      parameters.map(({ name, schema, example }) => ({ of: `${operationId} ${name}`, schema, example })),
    ),
    ...Object.entries(headers).map(([of, { schema, example }]) => ({ of, schema, example })),
    ...Object.entries(schemas).map(([of, schema]) => ({
      of,
      schema,
      example: z.array(z.unknown()).length(1).parse(schema.examples)[0],
    })),
  ];
  expect(examples.length).toBeGreaterThan(300);
  const wrong = examples.flatMap(({ of, schema, example }) =>
    example === undefined
      ? [`${of} has no example`]
      : api.faultsOfValue(schema, example).map((fault) => `${of}: ${fault}`),
  );
  expect(wrong).toEqual([]);
});

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EVENTS, LIVE_EVENTS, SENT_EVENTS } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { useFolder } from '../support/use-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'docs/asyncapi.json');
const folder = useFolder('comanda-asyncapi-');
const Document = z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) });
const document = Document.parse(JSON.parse(readFileSync(FILE, 'utf8')));

async function findings(file: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['test/described/parse-asyncapi.mjs', file],
    { cwd: ROOT },
  );
  return stdout.split('\n').filter((line) => line !== '');
}

test("AsyncAPI's parser finds nothing, the examples included", async () => {
  expect(document.asyncapi).toBe('3.0.0');
  expect(await findings(FILE)).toEqual([]);
});

test('it would say what is wrong', async () => {
  const file = join(folder, 'asyncapi.json');
  writeFileSync(file, JSON.stringify({ ...document, info: {} }));
  expect((await findings(file)).join('\n')).toContain('#/info');
});

test('what is internal stands in no webhook, neither in its schema nor in its example', () => {
  const Message = z.object({
    payload: z.object({ properties: z.object({ data: z.object({ properties: z.object({}).loose() }) }) }),
    examples: z.tuple([z.object({ payload: z.object({ data: z.object({}).loose() }) })]),
  });
  const Webhooks = z.object({ components: z.object({ messages: z.record(z.string(), z.unknown()) }) });
  const { messages } = Webhooks.parse(document).components;
  const internal = EVENTS.filter((event) => event.internal.length > 0);
  expect(internal.length).toBeGreaterThan(0);
  for (const event of SENT_EVENTS) {
    const name = event.type.replaceAll(/(?:^|\.)(\w)/g, (_, first: string) => first.toUpperCase());
    const { payload, examples } = Message.parse(messages[`Webhook${name}`]);
    const fields = Object.keys(payload.properties.data.properties);
    const ofExample = Object.keys(examples[0].payload.data);
    expect([...fields, ...ofExample].filter((field) => event.internal.includes(field))).toEqual([]);
    expect(ofExample.filter((field) => !fields.includes(field))).toEqual([]);
  }
});

test('every event has a channel; there is one for webhooks, and one for each stream, with all that it may say', () => {
  const { webhooks, orderStream, live, ...events } = document.channels;
  expect(Object.keys(events)).toHaveLength(EVENTS.length);
  const said = (channel: unknown) =>
    Object.keys(z.object({ messages: z.object({}).loose() }).parse(channel).messages);
  expect(said(webhooks)).toHaveLength(SENT_EVENTS.length);
  expect(said(orderStream)).toEqual(['step', 'end']);
  expect(said(live)).toEqual([...Object.keys(LIVE_EVENTS), 'READY', 'REFETCH']);
});

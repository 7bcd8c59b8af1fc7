import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, type Module, SourceTextModule } from 'node:vm';
import { expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { Webhook } from 'standardwebhooks';
import type * as Client from './index.js';

/** What browsers, workers, Deno, Bun and Node all have; each use of another global is an error here. */
const OF_THE_WEB = {
  AbortController,
  AbortSignal,
  atob,
  Blob,
  clearTimeout,
  crypto,
  fetch,
  Headers,
  Response,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
};

/** Compiles and links a file and what it imports, for a world that has nothing but what the web has. */
async function loaded(entry: string): Promise<{ client: typeof Client; files: string[] }> {
  const context = createContext({ ...OF_THE_WEB });
  const modules = new Map<string, SourceTextModule>();
  const load = (file: string): SourceTextModule => {
    const known = modules.get(file);
    if (known) return known;
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      filename: file,
      swcrc: false,
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    const module = new SourceTextModule(code, { context, identifier: file });
    modules.set(file, module);
    return module;
  };
  const link = (specifier: string, { identifier }: Module): SourceTextModule =>
    load(
      specifier.startsWith('.')
        ? join(dirname(identifier), specifier).replace(/\.js$/, identifier.endsWith('.ts') ? '.ts' : '.js')
        : fileURLToPath(import.meta.resolve(specifier)),
    );
  const module = load(entry);
  await module.link(link);
  await module.evaluate();
  return { client: module.namespace as typeof Client, files: [...modules.keys()] };
}

test('the client runs where there is nothing but what the web has', async () => {
  const { client, files } = await loaded(join(import.meta.dirname, 'index.ts'));
  expect(files.filter((file) => file.includes('node_modules'))).not.toEqual([]);

  const replies = [
    () => new Response('data: {"status":"REJECTED"}\n\n'),
    () =>
      Response.json(
        { code: 'UNKNOWN_ORDER' },
        { status: 404, headers: { 'content-type': 'application/problem+json' } },
      ),
    () => Response.json({ orderId: 'o' }, { status: 202 }),
  ];
  const fetch = async () => replies.shift()?.() ?? Response.error();
  const comanda = new client.Comanda('https://shop.example', { apiKey: 'k' }, { fetch });
  for await (const { data } of comanda.orderStream('o')) expect(data).toEqual({ status: 'REJECTED' });
  await expect(comanda.get('/orders/{orderId}', { path: { orderId: 'o' } })).rejects.toMatchObject({
    code: 'UNKNOWN_ORDER',
  });
  expect(await comanda.post('/orders', { body: { productId: 'p', quantity: 1 } })).toEqual({ orderId: 'o' });

  const secret = `whsec_${btoa('a secret of thirty-two bytes ...')}`;
  const body = '{"id":"e","type":"order.created"}';
  const at = new Date();
  const signed = {
    'webhook-id': 'e',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('e', at, body),
  };
  expect(await client.webhookVerifier(secret)(signed, body)).toMatchObject({ type: 'order.created' });
});

import { expect, test } from '@jest/globals';
import { z } from 'zod';

const Rule = z.object({
  name: z.string(),
  severity: z.string(),
  from: z.object({ path: z.string(), pathNot: z.string().optional() }),
  to: z.object({ path: z.string() }),
});

/** The rule of the dependency checker, which `npm test` runs. */
async function rule() {
  const file: string = new URL('../../.dependency-cruiser.mjs', import.meta.url).href;
  const { default: config } = z
    .object({ default: z.object({ forbidden: z.array(z.looseObject({ name: z.string() })) }) })
    .parse(await import(file));
  return Rule.parse(config.forbidden.find(({ name }) => name === 'webhooks-leave-through-the-guard'));
}

test('in webhook-publisher nothing but the guarded connector may open a connection', async () => {
  const { severity, from, to } = await rule();
  expect(severity).toBe('error');
  const isHeld = (file: string) =>
    new RegExp(from.path).test(file) && !new RegExp(from.pathNot ?? '$^').test(file);
  expect(isHeld('webhook-publisher/src/work/deliver.ts')).toBe(true);
  expect(isHeld('webhook-publisher/src/channels/webhook/webhook-channel.ts')).toBe(true);
  expect(isHeld('webhook-publisher/src/channels/http/safe-connector.ts')).toBe(false);
  const waysOut = [
    ...['node:http', 'https', 'node:net', 'tls', 'node:dns', 'dns/promises', 'node:http2', 'child_process'],
    ...['node_modules/undici/index.js', 'node_modules/a-client-of-tomorrow/index.js'],
  ];
  expect(waysOut.filter((module) => !new RegExp(to.path).test(module))).toEqual([]);
  for (const module of ['node:crypto', 'node_modules/zod/index.js', 'packages/kit/src/index.ts'])
    expect(new RegExp(to.path).test(module)).toBe(false);
});

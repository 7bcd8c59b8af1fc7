import { expect, test } from '@jest/globals';
import { z } from 'zod';

const Rule = z.object({
  name: z.string(),
  severity: z.string(),
  from: z.object({ path: z.string(), pathNot: z.string().optional() }),
  to: z.object({ path: z.string(), pathNot: z.string().optional() }),
});

/** A rule of the dependency checker, which `npm test` runs. */
async function rule(wanted: string) {
  const file: string = new URL('../../.dependency-cruiser.mjs', import.meta.url).href;
  const { default: config } = z
    .object({ default: z.object({ forbidden: z.array(z.looseObject({ name: z.string() })) }) })
    .parse(await import(file));
  return Rule.parse(config.forbidden.find(({ name }) => name === wanted));
}

const WAYS_OUT = [
  ...['node:http', 'https', 'node:net', 'tls', 'node:dns', 'dns/promises', 'node:http2', 'child_process'],
  ...['node_modules/undici/index.js', 'node_modules/a-client-of-tomorrow/index.js'],
];
const NODEMAILER = 'node_modules/nodemailer/dist/esm/nodemailer.js';

test('in webhook-publisher nothing but the guarded connector may open a connection', async () => {
  const { severity, from, to } = await rule('webhooks-leave-through-the-guard');
  expect(severity).toBe('error');
  const isHeld = (file: string) =>
    new RegExp(from.path).test(file) && !new RegExp(from.pathNot ?? '$^').test(file);
  expect(isHeld('webhook-publisher/src/work/deliver.ts')).toBe(true);
  expect(isHeld('webhook-publisher/src/channels/webhook/webhook-channel.ts')).toBe(true);
  for (const file of ['email-channel.ts', 'smtp-result.ts', 'mailer.ts/other.ts'])
    expect([file, isHeld(`webhook-publisher/src/channels/email/${file}`)]).toEqual([file, true]);
  expect(isHeld('webhook-publisher/src/channels/http/safe-connector.ts')).toBe(false);
  expect([...WAYS_OUT, NODEMAILER].filter((module) => !new RegExp(to.path).test(module))).toEqual([]);
  for (const module of ['node:crypto', 'node_modules/zod/index.js', 'packages/kit/src/index.ts'])
    expect(new RegExp(to.path).test(module)).toBe(false);
});

test('but for mail, which leaves through nodemailer, from one file, by nothing else', async () => {
  const { severity, from, to } = await rule('mail-leaves-through-nodemailer');
  expect(severity).toBe('error');
  expect('webhook-publisher/src/channels/email/mailer.ts').toMatch(new RegExp(from.path));
  const forbidden = (module: string) =>
    new RegExp(to.path).test(module) && !new RegExp(to.pathNot ?? '$^').test(module);
  expect(WAYS_OUT.filter((module) => !forbidden(module))).toEqual([]);
  expect(forbidden(NODEMAILER)).toBe(false);
});

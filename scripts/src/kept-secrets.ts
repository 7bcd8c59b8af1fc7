import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** The secret that signs the demo's tokens: random, made once, readable by its owner only. */
export function keptJwtSecret(dataDirectory: string): string {
  return kept(join(dataDirectory, 'jwt-secret'), () => randomBytes(48).toString('base64url')).trim();
}

const receiversFile = z.object({ secret: z.string().startsWith('whsec_') });

/** The secret that the demo's subscriptions sign with and its receivers check; the same at every start. */
export function keptReceiverSecret(dataDirectory: string): string {
  const make = (): string =>
    JSON.stringify({ secret: `whsec_${randomBytes(32).toString('base64')}` }, null, 2);
  return receiversFile.parse(JSON.parse(kept(join(dataDirectory, 'receivers.json'), make))).secret;
}

function kept(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const content = make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o600 });
  return content;
}

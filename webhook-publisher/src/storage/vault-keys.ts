import { z } from 'zod';
import type { VaultKey } from './secret-vault.js';

const ENTRY = /^([A-Za-z0-9_-]{1,32}):(.{32,})$/s;
const HOW = 'make one with: echo key-1:$(openssl rand -hex 32)';

/** The keys of the vault, the one that seals first. */
export type VaultKeys = readonly [VaultKey, ...VaultKey[]];

/** `id:key,id:key`. What is wrong is said without the keys. */
export const VaultKeys = z.string().transform((text, context): VaultKeys => {
  const entries = text.split(',').map((entry) => ENTRY.exec(entry.trim()));
  const keys = entries.flatMap((found) => (found ? [{ id: found[1] ?? '', key: found[2] ?? '' }] : []));
  const [first, ...older] = keys;
  const refused = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const wrong = entries.indexOf(null);
  if (wrong >= 0 || !first)
    return refused(
      `entry ${wrong + 1} must be id:key, the id of letters and digits, the key of at least 32 characters; ${HOW}`,
    );
  if (new Set(keys.map(({ id }) => id)).size < keys.length)
    return refused('two keys have the same id; give each its own, and leave the id of an older key as it is');
  return [first, ...older];
});

/** Only for the demo, where nothing is secret. */
export const DEMO_KEYS: VaultKeys = [{ id: 'demo', key: 'the demo keeps no secrets worth keeping' }];

export const KEYS_MISSING = `must be set: id:key,id:key...; the first key seals the secrets of subscriptions, all open them; ${HOW}`;

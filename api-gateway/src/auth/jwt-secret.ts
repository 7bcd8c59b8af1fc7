import { randomBytes } from 'node:crypto';

const SHORTEST = 32;
const FEWEST_DIFFERENT_CHARACTERS = 10;

/** Secrets from tutorials and examples, which an attacker tries first. */
const WELL_KNOWN =
  /change[-_ ]?me|your[-_ ]?(own|256|512|jwt|secret|super)|secret[-_ ]?key|super[-_ ]?secret|a-string-secret|replace[-_ ]?(me|this)|(password|secret|123456){2,}/i;

/** Why a secret must not sign tokens, as a sentence that says what to do; `undefined` when it may. */
export function weaknessOf(secret: string): string | undefined {
  const advice = 'make one with: openssl rand -hex 32';
  if (secret === '') return `must be set; ${advice}`;
  if (secret.length < SHORTEST) return `must have at least ${SHORTEST} characters; ${advice}`;
  if (WELL_KNOWN.test(secret)) return `is a well known example; ${advice}`;
  if (new Set(secret).size < FEWEST_DIFFERENT_CHARACTERS) return `is too easy to guess; ${advice}`;
  return undefined;
}

/** 256 random bits. */
export const randomSecret = (): string => randomBytes(32).toString('base64url');

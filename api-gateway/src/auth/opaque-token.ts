import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM = 32;
const CHECK = 6;
const HANDLE = 8;
const BODY = new RegExp(`^[0-9A-Za-z]{${RANDOM + CHECK}}$`);

/** What only its holder has, and we know by its hash: an API key, or the token of an invitation. */
export interface OpaqueToken {
  /** As its holder gets it, once. */
  readonly text: string;
  /** Its first characters, which may be seen: by them its row is found, and people tell it from others. */
  readonly handle: string;
  /**
   * SHA-256 and no slow hash: that is for passwords, which can be guessed. Nobody guesses the 143 random bits behind the
   * handle, however quick the hash is, and it is made anew for each request.
   */
  readonly hash: string;
}

/**
 * A new one, in the form that GitHub gave its tokens: a prefix that says whose it is, 32 random characters (190 bits), and
 * a checksum of 6. So a scanner finds one that was committed by accident, and is sure of it without asking anybody.
 * https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function newOpaqueToken(prefix: string): OpaqueToken {
  const random = Array.from({ length: RANDOM }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return tokenOf(prefix, `${prefix}${random}${checksumOf(prefix + random)}`);
}

/** What a caller sends; `undefined` for what can't be one of ours, which needs no look into a table. */
export function opaqueTokenIn(prefix: string, text: string): OpaqueToken | undefined {
  if (!text.startsWith(prefix) || !BODY.test(text.slice(prefix.length))) return undefined;
  const checked = text.slice(0, -CHECK);
  return checksumOf(checked) === text.slice(-CHECK) ? tokenOf(prefix, text) : undefined;
}

/** Takes the same time wherever the two differ. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const tokenOf = (prefix: string, text: string): OpaqueToken => ({
  text,
  handle: text.slice(0, prefix.length + HANDLE),
  hash: createHash('sha256').update(text).digest('base64url'),
});

/** CRC-32 in base 62, as GitHub's. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (; digits.length < CHECK; rest = Math.floor(rest / ALPHABET.length))
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
  return digits;
}

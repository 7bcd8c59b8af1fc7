import { randomFillSync } from 'node:crypto';

/** Asking the system for random bytes costs the same for many as for few. */
const POOL_BYTES = 6 * 1024;
/** 26 bits stand behind the time. A millisecond starts in their lower half, so there is room for what follows in it. */
const LAST_COUNT = 2 ** 26 - 1;

const bytes = Buffer.alloc(POOL_BYTES);
let pool = '';
let drawn = 0;
let ms = 0;
let count = 0;
let time = '';

/**
 * A new UUIDv7 (RFC 9562, section 6.2, method 1): the time, a counter, 48 random bits. Each is greater than those that
 * this process made before, also within one millisecond and when the clock is set back.
 */
export function newUuidV7(): string {
  const now = Date.now();
  if (now > ms || count === LAST_COUNT) {
    ms = Math.max(now, ms + 1);
    const hex = ms.toString(16).padStart(12, '0');
    time = `${hex.slice(0, 8)}-${hex.slice(8)}`;
    count = Number.parseInt(randomHex(7), 16) >>> 3;
  } else count++;
  const version = (0x7000 | (count >>> 14)).toString(16);
  const variant = (0x8000 | (count & 0x3fff)).toString(16);
  return `${time}-${version}-${variant}-${randomHex(12)}`;
}

/** No id of this moment, in milliseconds since the epoch, is less; ids of version 7 stand in the order of their times. */
export function smallestIdOf(milliseconds: number): string {
  const time = Math.max(0, milliseconds).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** When an id of version 7 was made, in milliseconds since the epoch. */
export const timeOfId = (id: string): number => Number.parseInt(`${id.slice(0, 8)}${id.slice(9, 13)}`, 16);

function randomHex(digits: number): string {
  if (drawn + digits > pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    drawn = 0;
  }
  drawn += digits;
  return pool.slice(drawn - digits, drawn);
}

import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** RFC 5321, 4.5.3.1. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
const HOST = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** Its last part is a name, not a number. */
const NAMED_TOP = /\.(?!\d+$)[^.]+$/;

/**
 * One address, without a name, a comment or quotes, as mail servers take it: a domain in letters of any script is
 * written in ASCII (IDNA), the part before it has to be in ASCII already. `undefined` for anything else, so nothing that
 * could end a line or name a second recipient is an address.
 */
export function readEmailAddress(text: string): string | undefined {
  const [local = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || local.length > MAX_LOCAL || !HOST.test(domain)) return undefined;
  // `html5Email` allows dots anywhere before the @, and a domain of one word or of numbers.
  if (/^\.|\.\.|\.$/.test(local)) return undefined;
  const host = domainToASCII(domain);
  if (!NAMED_TOP.test(host)) return undefined;
  const address = `${local}@${host}`;
  return address.length <= MAX_ADDRESS && z.regexes.html5Email.test(address) ? address : undefined;
}

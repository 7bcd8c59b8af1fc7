/**
 * Scheme, host and port of a target that is a URL; `null` for others, which are people's: a chat, a number, an address.
 * Path and query are left out, as they may hold a secret.
 */
export function originOf(target: string): string | null {
  const url = URL.parse(target);
  return url && /^https?:$/.test(url.protocol) ? url.origin : null;
}

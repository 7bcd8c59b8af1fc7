/** By whose word it should hold: an authority that is not trusted has signed it. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** What it says itself: for which host, and until when. */
const WRONG: ReadonlySet<unknown> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Why a server was not reached, for the log. When its certificate is refused, the text begins with the setting that this is
 * about: the one that says whom to trust, or the address.
 */
export function whyNotReached(
  error: { readonly message: string; readonly code?: unknown },
  settings: { readonly url: string; readonly ca: string },
): string {
  const { message, code } = error;
  if (UNTRUSTED.has(code))
    return `${settings.ca}: it names nobody who has signed the server's certificate (${message})`;
  return WRONG.has(code) ? `${settings.url}: the server's certificate does not hold (${message})` : message;
}

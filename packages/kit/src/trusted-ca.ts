import { readFileSync } from 'node:fs';

/** As in RabbitMQ's own URIs (https://www.rabbitmq.com/docs/uri-query-parameters). */
const PARAMETER = 'cacertfile';

/** The URL of a server whose certificate one of the authorities in this file must have signed. */
export function withTrustedCa(url: string, file: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set(PARAMETER, file);
  return parsed.href;
}

/** Takes such a URL apart: the URL for the client, and the certificates, if a file is named. */
export function trustedCaOf(url: string): { readonly url: string; readonly ca?: Buffer } {
  const parsed = new URL(url);
  const file = parsed.searchParams.get(PARAMETER);
  if (file === null) return { url };
  parsed.searchParams.delete(PARAMETER);
  return { url: parsed.href, ca: readFileSync(file) };
}

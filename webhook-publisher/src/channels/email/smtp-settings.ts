import { trustedCaOf } from '@comanda/kit';
import { z } from 'zod';
import { readEmailAddress } from './email-address.js';

/** Where mail is handed over, and how. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls`: from the first byte. `starttls`: before anything is said. `offered`: STARTTLS, if the server offers it. */
  readonly security: 'tls' | 'starttls' | 'offered';
  readonly login?: { readonly user: string; readonly password: string };
  /** Whom TLS trusts, in PEM; the usual authorities when it is left out. */
  readonly ca?: string;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * `smtps://user:password@host:465`, or `smtp://host:587?requireTLS=true`. A password never travels in the clear: with one
 * STARTTLS is required, except on loopback. The text is never printed.
 */
export const SmtpUrl = z.string().transform((text, context): SmtpServer => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const parsed = URL.parse(text);
  if (!parsed || !/^smtps?:$/.test(parsed.protocol) || parsed.hostname === '')
    return refuse('must be smtps://user:password@host:465 or smtp://user:password@host:587');
  const trusted = readTrustedCa(text);
  if (trusted === undefined) return refuse('names a cacertfile that can’t be read');
  const { url, ca } = trusted;
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const required = searchParams.get('requireTLS');
  if ([...searchParams.keys()].some((name) => name !== 'requireTLS'))
    return refuse('has parameters that are not known: there are requireTLS and cacertfile');
  if (required !== null && required !== 'true') return refuse('requireTLS must be true, or left out');
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const loggedIn = username !== '' || password !== '';
  const starttls = required === 'true' || (loggedIn && !LOOPBACK.test(host));
  return {
    host,
    port: port === '' ? (protocol === 'smtps:' ? 465 : 587) : Number(port),
    security: protocol === 'smtps:' ? 'tls' : starttls ? 'starttls' : 'offered',
    ...(loggedIn && {
      login: { user: decodeURIComponent(username), password: decodeURIComponent(password) },
    }),
    ...(ca && { ca: ca.toString() }),
  };
});

function readTrustedCa(url: string): ReturnType<typeof trustedCaOf> | undefined {
  try {
    return trustedCaOf(url);
  } catch {
    return undefined;
  }
}

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** `Comanda <orders@example.com>`, or the address alone. */
export const SmtpFrom = z.string().transform((text, context): Mailbox => {
  const [, name = '', inBrackets, alone] =
    /^(?:([^<>"\p{Cc}]*?) *<([^<>]+)>|([^<>]+))$/u.exec(text.trim()) ?? [];
  const address = readEmailAddress(inBrackets ?? alone ?? '');
  if (address !== undefined) return { name, address };
  context.addIssue({ code: 'custom', message: 'must be Name <name@example.com>, or the address alone' });
  return z.NEVER;
});

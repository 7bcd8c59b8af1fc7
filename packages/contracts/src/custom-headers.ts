import { z } from 'zod';

/** Those that say what a request is, or belong to one connection (RFC 9110, section 7.6.1): ours alone. */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'expect',
    'host',
  ],
  ...['keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'user-agent', 'x-correlation-id', '__proto__'],
]);
const isReserved = (name: string): boolean =>
  RESERVED.has(name.toLowerCase()) || name.toLowerCase().startsWith('webhook-');

const MOST = 10;
/** A token of RFC 9110. */
const Name = z
  .string()
  .regex(
    /^[!#$%&'*+.^_`|~\w-]{1,64}$/,
    "must be a header's name: up to 64 letters, digits and !#$%&'*+-.^_`|~",
  );
const Value = z
  .string()
  .regex(
    /^(?=.{1,500}$)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    'must be 1 to 500 printable ASCII characters, the first and the last no space',
  );

/** Headers that a subscriber wants with each webhook: a token for a proxy, say. Their values are secrets. */
export const CustomHeaders = z
  .record(Name, Value)
  .refine((headers) => Object.keys(headers).length > 0, 'must name one at least')
  .refine((headers) => Object.keys(headers).length <= MOST, `must be at most ${MOST}`)
  .superRefine((headers, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(headers)) {
      const twice = seen.has(name.toLowerCase());
      seen.add(name.toLowerCase());
      if (isReserved(name) || twice)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: twice ? 'is there twice, in other letters' : 'is a header of ours; leave it out',
        });
    }
  });
export type CustomHeaders = z.infer<typeof CustomHeaders>;

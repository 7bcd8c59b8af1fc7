import { messageOf } from '@comanda/kit';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';

/** An issuer that does not answer is given up before whoever waits for it gives us up. */
const ANSWERS_WITHIN_MS = 1_500;
/** A key that is not known makes us ask, but no more often than this: keys are made up easily. */
const COOLDOWN_MS = 1_000;
/** So often we ask anyway, for keys that are no longer there. */
const RENEWED_EVERY_MS = 60_000;
/** How long known keys count after the issuer has answered last. */
const KNOWN_FOR_MS = 3_600_000;
const MAX_BYTES = 256 * 1024;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** The issuer does not tell its keys, so nobody knows whether a token is good. */
export class IssuerAway extends Error {
  override readonly name = 'IssuerAway';
}

/**
 * The public keys of another issuer. A new one counts as soon as a token names it, one that was taken away for another
 * minute; while the issuer is away, those that are known count for an hour.
 */
export class ForeignKeys {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  #askedAt = Number.NEGATIVE_INFINITY;
  #failedAt: number | undefined;

  constructor(
    url: URL,
    private readonly logger: Logger,
    private readonly clock: () => number,
  ) {
    this.#remote = createRemoteJWKSet(url, {
      timeoutDuration: ANSWERS_WITHIN_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: KNOWN_FOR_MS,
      [customFetch]: (...request) => this.#ask(...request),
    });
  }

  /** The key of a token; throws `IssuerAway` where the issuer would have to be asked and does not answer. */
  readonly find: JWTVerifyGetKey = (header, token) => {
    const known = this.#remote.jwks() !== undefined && this.#remote.fresh;
    // Beside the request: it has a key already. What comes of it is logged there.
    if (known && this.clock() - this.#askedAt >= RENEWED_EVERY_MS)
      this.#remote.reload().catch(() => undefined);
    return this.#remote(header, token);
  };

  async #ask(...request: Parameters<FetchImplementation>): Promise<Response> {
    const now = this.clock();
    if (this.#failedAt !== undefined && now - this.#failedAt < COOLDOWN_MS)
      throw new IssuerAway('it was asked a moment ago');
    this.#askedAt = now;
    try {
      const response = await fetch(...request);
      const text = await textOf(response);
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      const keys = KeySet.parse(JSON.parse(text));
      if (this.#failedAt !== undefined) this.logger.info('the foreign issuer tells its keys again');
      this.#failedAt = undefined;
      return Response.json(keys);
    } catch (error) {
      // Once for each time that it goes away.
      if (this.#failedAt === undefined)
        this.logger.warn(
          { error: messageOf(error) },
          'the foreign issuer does not tell its keys; those that are known count for an hour',
        );
      this.#failedAt = this.clock();
      throw new IssuerAway('it does not tell its keys', { cause: error });
    }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

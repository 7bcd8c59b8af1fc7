import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { printable } from '@comanda/contracts';
import { REDIS } from '@comanda/service-kit';
import { Inject, Injectable, SetMetadata } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { Problem } from '../problems/problem.js';

const LIFETIME_SECONDS = 30;
const CIPHER = 'aes-256-gcm';
const [KEY_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 12, 16];

/** What a request is known by. */
const Credentials = z.object({
  authorization: z.string().optional(),
  'x-api-key': z.string().optional(),
});
export type Credentials = Pick<IncomingHttpHeaders, 'authorization'> & {
  readonly 'x-api-key'?: string | string[] | undefined;
};

export const Ticket = printable(64).describe('Of `POST /live/tickets`; for clients that can send no header');

export const TAKES_TICKETS = 'comanda:takes-tickets';
/** A route that may be asked with `?ticket=` in the place of a token. */
export const TakesTickets = () => SetMetadata(TAKES_TICKETS, true);

/**
 * A ticket lets its bearer in once, within half a minute, as whoever asked for it: it may stand in a URL, where a token
 * must never be. What it stands for lies in Redis, sealed by the ticket itself, so that neither is of use alone; taking
 * it out and reading it is one step, for all instances.
 */
@Injectable()
export class Tickets {
  constructor(@Inject(REDIS) private readonly redis: Pick<Redis, 'status' | 'set' | 'getdel'>) {}

  async issue(headers: Credentials): Promise<{ ticket: string; expiresIn: number }> {
    const key = randomBytes(KEY_BYTES);
    const sealed = seal(JSON.stringify(Credentials.parse(headers)), key);
    await this.#ask(() => this.redis.set(nameOf(key), sealed, 'EX', LIFETIME_SECONDS));
    return { ticket: key.toString('base64url'), expiresIn: LIFETIME_SECONDS };
  }

  /** `undefined` for one that was used, is over, or never was. */
  async redeem(ticket: string): Promise<Credentials | undefined> {
    const key = Buffer.from(ticket, 'base64url');
    if (key.length !== KEY_BYTES) return undefined;
    const sealed = await this.#ask(() => this.redis.getdel(nameOf(key)));
    const opened = sealed === null ? undefined : open(sealed, key);
    return opened === undefined ? undefined : Credentials.parse(JSON.parse(opened));
  }

  async #ask<T>(roundTrip: () => Promise<T>): Promise<T> {
    try {
      return await roundTrip();
    } catch {
      throw new Problem(
        503,
        'SERVICE_UNAVAILABLE',
        'Tickets cannot be had or used at the moment. Send the token in a header, or try again.',
        { headers: { 'retry-after': '3' } },
      );
    }
  }
}

/** Whoever reads Redis learns no ticket. */
const nameOf = (key: Buffer): string => `ticket:${createHash('sha256').update(key).digest('base64url')}`;

function seal(text: string, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** `undefined` for what this key has not sealed. */
function open(sealed: string, key: Buffer): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

const WithTicket = z.object({ ticket: Ticket });
export const ticketIn = (query: unknown): string | undefined => WithTicket.safeParse(query).data?.ticket;

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyAsync } from '@noble/ed25519';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { PATIENCE_MS, until } from './until.js';

/** How it answers. `times` left out: until it is set otherwise. */
export type ReceiverBehaviour =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** How long it takes over it. */
      readonly afterMs?: number;
      readonly times?: number;
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang'; readonly times?: number }
  /** Cuts the connection off without an answer. */
  | { readonly kind: 'cut'; readonly times?: number };

export const WebhookEvent = z.object({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  tenantId: z.string(),
  subject: z.string(),
  subjectType: z.string(),
  sequence: z.number(),
  correlationId: z.string(),
  apiVersion: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** One attempt as it arrived. */
export interface Attempt {
  readonly at: number;
  readonly path: string;
  readonly id: string;
  readonly body: string;
  readonly event: WebhookEvent;
  readonly headers: Readonly<Record<string, string>>;
  readonly answered: number | 'nothing';
  /** When it was answered; `undefined` before that. */
  answeredAt: number | undefined;
}

/**
 * A subscriber's webhook endpoint on loopback. Every request is verified by the npm package `standardwebhooks`, which
 * knows no asymmetric signatures, with the secret of its subscription.
 */
export class WebhookReceiver {
  readonly attempts: Attempt[] = [];
  /** What did not verify, with the reason: must stay empty. */
  readonly forged: string[] = [];
  /** Set where its subscription is signed with a private key: verified by the npm package `@noble/ed25519` then. */
  publicKey: string | undefined;
  /** Brought along by the subscriber, so that nothing can arrive before it is known here. */
  readonly secret = `whsec_${randomBytes(32).toString('base64')}`;
  #behaviour: ReceiverBehaviour = { kind: 'ok' };

  private constructor(
    readonly url: string,
    private readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    let receiver: WebhookReceiver | undefined;
    const server = createServer((request, response) => {
      void receiver?.receive(request, response);
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address === 'object' && address !== null) resolve(address.port);
      });
    });
    receiver = new WebhookReceiver(
      `http://127.0.0.1:${port}/hooks`,
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return receiver;
  }

  stop(): Promise<void> {
    return this.close();
  }

  behave(behaviour: ReceiverBehaviour): void {
    this.#behaviour = behaviour;
  }

  /** As if it had never heard of any other event: of a life that was lost, say. */
  forgetAllBut(eventIds: ReadonlySet<string>): void {
    const kept = this.attempts.filter(({ id }) => eventIds.has(id));
    this.attempts.splice(0, this.attempts.length, ...kept);
  }

  /** Ids of the events that it took with a 2xx, each once. */
  get taken(): ReadonlySet<string> {
    return new Set(this.attempts.filter(({ answered }) => answered === 204).map(({ id }) => id));
  }

  /** Every attempt for one event, oldest first. */
  of(eventId: string): Attempt[] {
    return this.attempts.filter(({ id }) => id === eventId);
  }

  /** The first attempt for each event about an order, in order of arrival. */
  about(orderId: string): Attempt[] {
    const seen = new Set<string>();
    return this.attempts.filter(({ id, event }) => {
      if (event.data.orderId !== orderId || seen.has(id)) return false;
      seen.add(id);
      return true;
    });
  }

  async until(what: string, holds: () => boolean, timeoutMs = PATIENCE_MS): Promise<void> {
    await until(what, () => holds(), { timeoutMs });
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const body = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    try {
      if (this.publicKey === undefined) new Webhook(this.secret).verify(body, headers);
      else await verifyV1a(this.publicKey, body, headers);
      const event = WebhookEvent.parse(JSON.parse(body));
      const behaviour = this.#next();
      const answered =
        behaviour.kind === 'ok' ? 204 : behaviour.kind === 'status' ? behaviour.code : 'nothing';
      const id = headers['webhook-id'] ?? '';
      const path = request.url ?? '';
      const attempt: Attempt = { at, path, id, body, event, headers, answered, answeredAt: undefined };
      this.attempts.push(attempt);
      if (behaviour.kind === 'cut') request.socket.destroy();
      if (answered === 'nothing') return;
      if (behaviour.kind === 'status' && behaviour.afterMs !== undefined) await pause(behaviour.afterMs);
      attempt.answeredAt = Date.now();
      response.writeHead(answered, behaviour.kind === 'status' ? behaviour.headers : undefined).end();
    } catch (error) {
      this.forged.push(`${String(error)}: ${body.slice(0, 200)}`);
      response.writeHead(401).end();
    }
  }

  #next(): ReceiverBehaviour {
    const current = this.#behaviour;
    if (current.kind !== 'ok' && current.times !== undefined)
      this.#behaviour = current.times > 1 ? { ...current, times: current.times - 1 } : { kind: 'ok' };
    return current;
  }
}

const TOLERANCE_MS = 300_000;

/** As Standard Webhooks describes `v1a`: any of the signatures in the header may hold. */
async function verifyV1a(
  publicKey: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() - Number(at) * 1000) <= TOLERANCE_MS)) throw new Error(`sent at ${at}`);
  const key = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64');
  const signed = new TextEncoder().encode(`${id}.${at}.${body}`);
  for (const one of signatures.split(' ')) {
    const [version, signature = ''] = one.split(',');
    if (version === 'v1a' && (await verifyAsync(Buffer.from(signature, 'base64'), signed, key))) return;
  }
  throw new Error('no v1a signature holds');
}

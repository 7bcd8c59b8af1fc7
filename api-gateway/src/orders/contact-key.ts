import { GetContactKey } from '@comanda/contracts';
import { type RequestContext, Requester, Unavailable } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';
import { OptionalService } from '../routes/optional-service.js';
import { SealingKeys } from '../storage/sealing-keys.js';

const PUBLISHER = 'webhook-publisher';
/** After so long the publisher is asked again: operators may have put another key first. The older one still opens. */
const FRESH_MS = 60_000;

/**
 * For which key the contact of an order is sealed. webhook-publisher says so; the gateway keeps what it said last, so that
 * an order with a contact is taken while webhook-publisher is away.
 */
@Injectable()
export class ContactKey {
  readonly #publisher: OptionalService;
  #known: string | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(Requester) requester: Pick<Requester, 'ask'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'PRODUCT_LOOK_UP_MS'>,
    @Inject(SealingKeys) private readonly keys: Pick<SealingKeys, 'find' | 'keep'>,
  ) {
    this.#publisher = new OptionalService(requester, logger, {
      service: PUBLISHER,
      without: 'contacts are sealed for the key that it had last',
      withIt: 'contacts are sealed for its key of now',
    });
  }

  /** Throws `Unavailable` when it was never known: the contact can't be sent in the clear. */
  async find(context: RequestContext): Promise<string> {
    if (this.#known !== undefined && performance.now() - this.#askedAt < FRESH_MS) return this.#known;
    const options = { ...context, subject: PUBLISHER, timeoutMs: this.config.PRODUCT_LOOK_UP_MS };
    const answer = await this.#publisher.ask(GetContactKey, {}, options);
    if (answer?.ok) {
      await this.#learn(answer.result.sealFor, context);
      return answer.result.sealFor;
    }
    this.#known ??= await this.keys.find(PUBLISHER);
    if (this.#known === undefined)
      throw new Unavailable('service', 'webhook-publisher has never said for which key contacts are sealed');
    return this.#known;
  }

  async #learn(key: string, { correlationId }: RequestContext): Promise<void> {
    this.#askedAt = performance.now();
    if (key === this.#known) return;
    this.#known = key;
    try {
      await this.keys.keep(PUBLISHER, key);
    } catch (error) {
      // The order does not need it: the next start does, and asks again.
      this.logger.error({ error: String(error), correlationId }, 'the key for contacts could not be kept');
    }
  }
}

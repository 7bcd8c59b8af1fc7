import type { DataOf, QueryType, ResultOf } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import type { RequestContext } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { ServiceClient } from '../routes/service-client.js';

/** An answer was asked for at most so long before the request that gets it: no price is older than a second. */
const FRESH_MS = 900;
/** A page of a hundred products takes about 100 kB in memory. */
const MAX_REMEMBERED = 200;
const MAX_TENANTS = 1_000;

interface Read {
  readonly askedAt: number;
  readonly answer: Promise<unknown>;
}

/**
 * What products-service answered lately. Those who ask the same meanwhile share a question. Age alone bounds how old an answer
 * may be: what is heard of a change, made here or told by an event, only makes it known sooner, and may be lost.
 */
@Injectable()
export class ProductReads {
  readonly #reads = new BoundedMap<string, Read>(MAX_REMEMBERED);
  readonly #changedAt = new BoundedMap<string, number>(MAX_TENANTS);

  constructor(@Inject(ServiceClient) private readonly services: Pick<ServiceClient, 'ask'>) {}

  /** @param anew whether the client takes no answer that was given before */
  ask<Q extends QueryType>(
    query: Q,
    data: DataOf<Q>,
    context: RequestContext,
    { subject, anew }: { readonly subject: string; readonly anew: boolean },
  ): Promise<ResultOf<Q>> {
    const { tenantId } = context;
    const key = JSON.stringify([tenantId, query.type, data]);
    const now = performance.now();
    const known = this.#reads.get(key);
    const since = Math.max(now - FRESH_MS, this.#changedAt.get(tenantId) ?? 0);
    // The key names the query: what stands under it is that query's answer.
    if (known && !anew && known.askedAt > since) return known.answer as Promise<ResultOf<Q>>;
    const answer = this.services.ask(query, data, context, subject);
    const read = { askedAt: now, answer };
    this.#reads.set(key, read);
    // Only an answer is remembered, and who shared the question hears of the failure.
    answer.catch(() => this.#reads.get(key) === read && this.#reads.delete(key));
    return answer;
  }

  /** Something has changed in this tenant: what was asked for before is not shown any more. */
  forget(tenantId: string): void {
    this.#changedAt.set(tenantId, performance.now());
  }
}

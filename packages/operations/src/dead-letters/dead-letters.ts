import {
  type CommandType,
  type DataOf,
  type DeadLetter,
  deadLetterRequestsTo,
  MAX_DEAD_LETTERS,
  NO_TENANT,
  type QueryType,
  type ResultOf,
} from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { type RequestContext, SERVICE_QUEUES, serviceOf, Unavailable } from '@comanda/messaging';
import type { Action, Found, NotOne, Outcome } from './outcome.js';
import { newestFirst, type Position, positionIn } from './position.js';

/** Asks a service and waits; throws `Unavailable` when it does not answer, and what it likes when it refuses. */
export type Ask = <R extends CommandType | QueryType>(
  request: R,
  data: DataOf<R>,
  context: RequestContext,
  subject: string,
) => Promise<ResultOf<R>>;

/** Which dead letters are meant; each field narrows. */
export interface DeadLetterFilter {
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly messageId?: string | undefined;
  /** Not only those of the tenant who asks. */
  readonly everyTenant?: boolean;
  /** Besides those of the tenant who asks, also those of which nobody knows whose they are. */
  readonly includeNoTenant?: boolean;
}
type OneDeadLetter = DeadLetterFilter & { readonly messageId: string };

/** Some dead letters can't be seen, because a service that may have some does not answer. */
export class DeadLettersUnavailable extends Unavailable {
  constructor(
    readonly service: string,
    reason: Unavailable['reason'],
    detail: string,
  ) {
    super(reason, `${service} can't be asked for its dead letters: ${detail}`);
  }
}

/**
 * The dead letters of all services, each of which keeps its own: to be seen, replayed, or discarded. Every method
 * throws `DeadLettersUnavailable` when a service that must be asked does not answer.
 */
export class DeadLetters {
  constructor(
    private readonly ask: Ask,
    private readonly logger: Logger,
  ) {}

  /** The newest `limit`, newest first; `after` leads to the next page. */
  async list(
    context: RequestContext,
    filter: DeadLetterFilter,
    { limit, after }: { limit: number; after?: Position | undefined },
  ): Promise<DeadLetter[]> {
    const tenants =
      filter.includeNoTenant && !filter.everyTenant ? [context.tenantId, NO_TENANT] : [context.tenantId];
    const pages = await Promise.all(
      queuesOf(filter).flatMap((queue) => {
        const wanted = { ...filter, order: 'newest-first', limit, after: positionIn(queue, after) } as const;
        return tenants.map((tenantId) => this.#page({ ...context, tenantId }, queue, wanted));
      }),
    );
    return pages.flat().sort(newestFirst).slice(0, limit);
  }

  async find(context: RequestContext, filter: OneDeadLetter): Promise<Found> {
    const deadLetters = await this.list(context, filter, { limit: SERVICE_QUEUES.length });
    const [deadLetter] = deadLetters;
    if (!deadLetter) return { kind: 'none' };
    if (deadLetters.length > 1)
      return { kind: 'several', queues: deadLetters.map(({ queue }) => queue).sort() };
    return deadLetter;
  }

  /** Replays a dead letter into the queue in which it failed, or discards it. */
  async actOn(context: RequestContext, filter: OneDeadLetter, action: Action): Promise<Outcome | NotOne> {
    const found = await this.find(context, filter);
    if ('kind' in found) return found;
    const [outcome] = await this.#act(context, [found], action);
    // Another request was faster.
    return outcome ?? { kind: 'none' };
  }

  /** Does it to everything that is meant, oldest first; what dies again meanwhile stays. */
  async *actOnAll(
    context: RequestContext,
    filter: DeadLetterFilter,
    action: Action,
  ): AsyncGenerator<Outcome> {
    const began = new Date().toISOString();
    for (const queue of queuesOf(filter)) {
      for (let after: { diedAt: string; messageId: string } | undefined; ; ) {
        const wanted = { ...filter, order: 'oldest-first', limit: MAX_DEAD_LETTERS, after } as const;
        const page = await this.#page(context, queue, wanted);
        const deadLetters = page.filter(({ diedAt = '' }) => diedAt <= began);
        for (const ofTenant of byTenant(deadLetters)) yield* await this.#act(context, ofTenant, action);
        const last = deadLetters.at(-1);
        if (!last || deadLetters.length < MAX_DEAD_LETTERS) break;
        after = { diedAt: last.diedAt ?? '', messageId: last.messageId };
      }
    }
  }

  async #page(
    context: RequestContext,
    queue: string,
    wanted: Omit<DataOf<ReturnType<typeof deadLetterRequestsTo>['list']>, 'everyTenant'> & {
      everyTenant?: boolean;
    },
  ): Promise<DeadLetter[]> {
    const service = serviceOf(queue);
    const { messageId, type, order, after, limit, everyTenant = false } = wanted;
    const data = { messageId, type, order, after, limit, everyTenant };
    const { items } = await this.#ask(service, deadLetterRequestsTo(service).list, data, context);
    return items;
  }

  /** @param deadLetters of one queue and one tenant: a command belongs to one tenant */
  async #act(
    context: RequestContext,
    deadLetters: readonly DeadLetter[],
    { kind, by, dryRun, force = false }: Action,
  ): Promise<Outcome[]> {
    const [first] = deadLetters;
    if (!first) throw new Error('unreachable: there is at least one dead letter');
    const service = serviceOf(first.queue);
    const ofTenant = { ...context, tenantId: first.tenantId };
    const messageIds = deadLetters.map(({ messageId }) => messageId);
    const { replay, discard } = deadLetterRequestsTo(service);
    const { items } =
      kind === 'replay'
        ? await this.#ask(service, replay, { messageIds, by, dryRun, force }, ofTenant)
        : await this.#ask(service, discard, { messageIds, dryRun }, ofTenant);
    const outcomes = items.filter((outcome) => outcome.kind !== 'none');
    if (!dryRun) for (const outcome of outcomes) this.#log(outcome, by);
    return outcomes;
  }

  #log({ kind, deadLetter }: Outcome, by: string): void {
    const { messageId, type, queue, cause, correlationId, tenantId, handler, diedAt, copies } = deadLetter;
    const ids = { messageId, type, queue, cause, correlationId, tenantId, by };
    if (kind === 'replayed') this.logger.info(ids, 'dead letter put back');
    // All that is left of it. Its body may hold personal data, which have no business in a log.
    if (kind === 'discarded') this.logger.warn({ ...ids, handler, diedAt, copies }, 'dead letter discarded');
  }

  async #ask<R extends CommandType | QueryType>(
    service: string,
    request: R,
    data: DataOf<R>,
    context: RequestContext,
  ): Promise<ResultOf<R>> {
    try {
      return await this.ask(request, data, context, 'dead-letters');
    } catch (error) {
      if (error instanceof Unavailable)
        throw new DeadLettersUnavailable(service, error.reason, error.message);
      throw error;
    }
  }
}

/** The queues whose dead letters are meant. */
const queuesOf = ({ queue }: DeadLetterFilter): readonly string[] =>
  queue === undefined ? SERVICE_QUEUES : [queue];

/** The order within each tenant stays. */
function byTenant(deadLetters: readonly DeadLetter[]): readonly (readonly DeadLetter[])[] {
  return [...Map.groupBy(deadLetters, ({ tenantId }) => tenantId).values()];
}

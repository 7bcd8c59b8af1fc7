import {
  CreateSubscription,
  DeleteSubscription,
  type Envelope,
  matchesAnyPattern,
  RotateSecret,
  UpdateSubscription,
} from '@comanda/contracts';
import type { Decision, Task } from '@comanda/messaging';
import type { Workload } from '../workload.js';

/** One subscription, as the commands about it have left it. */
interface Wish {
  readonly tenantId: string;
  readonly eventTypes: readonly string[];
  readonly enabled: boolean;
}

/** A command about a subscription that was carried out. */
export interface Done {
  readonly subscriptionId: string;
  readonly command: Envelope;
  readonly result: unknown;
}

const COMMANDS: ReadonlySet<string> = new Set(
  [CreateSubscription, UpdateSubscription, RotateSecret, DeleteSubscription].map(({ type }) => type),
);

/**
 * What each subscription wants by the commands that were carried out, in the order in which webhook-publisher committed
 * them; whatever its tables say. Nothing else changes a wish here: no receiver answers 410 or fails for five days.
 */
export class Wanted {
  readonly #commands: ReadonlyMap<string, Envelope>;
  readonly #wishes = new Map<string, Wish>();

  constructor({ subscriptions, errands }: Pick<Workload, 'subscriptions' | 'errands'>) {
    const sent = [...subscriptions, ...errands.flatMap((errand) => errand.sent)];
    this.#commands = new Map(
      sent.flatMap(({ envelope }) => (COMMANDS.has(envelope.type) ? [[envelope.id, envelope]] : [])),
    );
  }

  /**
   * Takes over what this task has changed, before the next one of its batch is judged.
   *
   * @returns what was done, where it was a command about a subscription that was not refused
   */
  follow({ type, cause }: Task, decision: Decision | undefined): Done | undefined {
    const command = this.#commands.get(cause.id);
    if (command === undefined || decision?.kind !== 'done' || !decision.reply?.ok) return undefined;
    const { subject: subscriptionId, tenantid: tenantId, data } = command;
    const before = this.#wishes.get(subscriptionId) ?? { tenantId, eventTypes: [], enabled: false };
    const become = (after: Partial<Wish>) => this.#wishes.set(subscriptionId, { ...before, ...after });
    if (type === CreateSubscription.type)
      become({ eventTypes: CreateSubscription.data.parse(data).eventTypes, enabled: true });
    else if (type === DeleteSubscription.type) become({ enabled: false });
    else if (type === UpdateSubscription.type) {
      const change = UpdateSubscription.data.parse(data);
      become({
        eventTypes: change.eventTypes ?? before.eventTypes,
        enabled: change.enabled ?? before.enabled,
      });
    }
    return { subscriptionId, command, result: decision.reply.result };
  }

  isOn(subscriptionId: string): boolean {
    return this.#wishes.get(subscriptionId)?.enabled ?? false;
  }

  /** None while it is off. */
  patternsOf(subscriptionId: string): readonly string[] {
    return this.isOn(subscriptionId) ? (this.#wishes.get(subscriptionId)?.eventTypes ?? []) : [];
  }

  /** The subscriptions that want such an event of this tenant. */
  by(tenantId: string, type: string): string[] {
    return [...this.#wishes].flatMap(([subscriptionId, wish]) =>
      wish.tenantId === tenantId && wish.enabled && matchesAnyPattern(wish.eventTypes, type)
        ? [subscriptionId]
        : [],
    );
  }
}

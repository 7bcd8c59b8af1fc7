import type { AttemptResult, Couriers } from '@comanda/webhook-publisher';
import type { Faults } from '../faults.js';

interface Sent {
  readonly eventId: string;
  readonly body: string;
}

/** The receivers of webhooks: they record what came, and do not always answer. */
export class Receivers {
  /** What a subscription was sent of an event, each time. */
  readonly got = new Map<string, string[]>();

  constructor(private readonly faults: Faults) {}

  /** So few that lines form. */
  places(): number {
    return 2;
  }

  pausedUntil(): undefined {
    return undefined;
  }

  heldSince(): undefined {
    return undefined;
  }

  run(_key: string, attempt: () => Promise<AttemptResult>): Promise<AttemptResult> {
    return attempt();
  }

  /** What customers were sent, each time, by the id of the notification. */
  readonly couriers: Required<Couriers> = {
    email: {
      send: ({ id, content }) => this.send({ subscriptionId: '' }, [{ eventId: id, body: content.text }]),
    },
    sms: { send: ({ id, content }) => this.send({ subscriptionId: '' }, [{ eventId: id, body: content }]) },
  };

  async send(
    { subscriptionId }: { subscriptionId: string },
    [{ eventId, body }]: readonly [Sent, ...Sent[]],
  ): Promise<AttemptResult> {
    const unhealthyReason = this.faults.strikes('receiver');
    if (unhealthyReason !== undefined && unhealthyReason < 0.3)
      return { kind: 'failure', reason: 'timeout', detail: 'no answer', durationMs: 10 };
    const key = `${subscriptionId} ${eventId}`;
    this.got.set(key, [...(this.got.get(key) ?? []), body]);
    // Some of those that answer with an error, or whose answer is lost, have taken it all the same.
    const status = unhealthyReason === undefined ? 200 : 503;
    return { kind: 'response', status, body: '', durationMs: 10 };
  }
}

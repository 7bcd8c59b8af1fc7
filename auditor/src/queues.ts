import { CONSUMING_SERVICES, type ServiceName } from '@comanda/contracts';
import {
  connectOnce,
  deadLettersOf,
  MAX_FRAME_EVENTS,
  queueOf,
  RETRY_SECONDS,
  retryQueueOf,
} from '@comanda/messaging';
import type { Channel, ChannelModel } from 'amqplib';

/** How many messages each queue has; empty queues are left out. */
type Depths = Readonly<Record<string, number>>;

export interface Counted {
  readonly kind: 'counted';
  /** How many queues were checked. */
  readonly asked: number;
  /** Messages that wait for their service, or in a retry queue. */
  readonly waiting: Depths;
  readonly dead: Depths;
}

/** The depths of the queues, or why they are unknown: not asked for, or the broker did not answer. */
export type Queues =
  | Counted
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'away'; readonly reason: string };

const CONNECT_MS = 5_000;
const NOT_FOUND = 404;

const waitingPlaces = (service: ServiceName): string[] => {
  const queue = queueOf(service);
  return [queue, ...RETRY_SECONDS.map((seconds) => retryQueueOf(queue, seconds))];
};

/**
 * Counts the messages in the queues by passive declarations. Their numbers are exact, unlike those of the management
 * tools. A queue that was never declared counts as empty.
 *
 * @throws Error when the broker can't be asked
 */
export async function countMessages(url: string): Promise<Counted> {
  const connection = await connectOnce(url, 'auditor', { timeoutMs: CONNECT_MS });
  try {
    const waiting = CONSUMING_SERVICES.flatMap(({ name }) => waitingPlaces(name));
    const dead = CONSUMING_SERVICES.map(({ queues }) => deadLettersOf(queues.messages));
    const depths = await depthsOf(connection, [...waiting, ...dead]);
    const filled = (queues: readonly string[]): Depths =>
      Object.fromEntries(
        queues.flatMap((queue) => {
          const depth = depths.get(queue) ?? 0;
          return depth > 0 ? [[queue, depth] as const] : [];
        }),
      );
    return { kind: 'counted', asked: depths.size, waiting: filled(waiting), dead: filled(dead) };
  } finally {
    await connection.close().catch(() => undefined); // already closed: the numbers are known, or the call has thrown
  }
}

/**
 * How many events may be on their way to a service, its dead letters included; `undefined` when unknown. The broker counts
 * messages, and each of them may be a frame.
 */
export function underWayTo(service: ServiceName, queues: Queues): number | undefined {
  if (queues.kind === 'away') return undefined;
  if (queues.kind === 'not-asked') return 0;
  const dead = queues.dead[deadLettersOf(queueOf(service))] ?? 0;
  const messages = waitingPlaces(service).reduce((sum, queue) => sum + (queues.waiting[queue] ?? 0), dead);
  return messages * MAX_FRAME_EVENTS;
}

async function depthsOf(
  connection: ChannelModel,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const depths = new Map<string, number>();
  let channel: Channel | undefined;
  for (const queue of queues) {
    channel ??= await openChannel(connection);
    try {
      depths.set(queue, (await channel.checkQueue(queue)).messageCount);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      channel = undefined; // the broker closes a channel that asks for a missing queue
    }
  }
  return depths;
}

async function openChannel(connection: ChannelModel): Promise<Channel> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the call that failed rejects with the same error
  return channel;
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === NOT_FOUND;

import { CONSUMING_SERVICES, type ServiceName } from '@comanda/contracts';
import { deadLettersOf, queueOf, RETRY_SECONDS, retryQueueOf } from '@comanda/messaging';
import { type Channel, type ChannelModel, connect } from 'amqplib';

/** Messages by queue; only the queues that are not empty. */
type Depths = Readonly<Record<string, number>>;

export interface Counted {
  readonly kind: 'counted';
  /** How many queues were looked at. */
  readonly asked: number;
  /** Messages that wait for their service, or to be tried again. */
  readonly waiting: Depths;
  readonly dead: Depths;
}

/** What is known of the queues: their depths, that nobody wanted to know, or that the broker could not be asked. */
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
 * Counts what is in the queues by passive declarations, whose numbers are exact, unlike those of the management
 * tools. A queue that was never declared has nothing in it.
 *
 * @throws Error when the broker can't be asked
 */
export async function countMessages(url: string): Promise<Counted> {
  const connection = await connect(url, { timeout: CONNECT_MS });
  connection.on('error', () => undefined); // whatever goes wrong shows in the calls below
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
    await connection.close().catch(() => undefined); // gone already: the numbers are known, or the call has thrown
  }
}

/** How many messages are on their way to a service, its dead letters included; `undefined`: nobody knows. */
export function underWayTo(service: ServiceName, queues: Queues): number | undefined {
  if (queues.kind === 'away') return undefined;
  if (queues.kind === 'not-asked') return 0;
  const dead = queues.dead[deadLettersOf(queueOf(service))] ?? 0;
  return waitingPlaces(service).reduce((sum, queue) => sum + (queues.waiting[queue] ?? 0), dead);
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
      channel = undefined; // the broker closes the channel on which it was asked for what is not there
    }
  }
  return depths;
}

async function openChannel(connection: ChannelModel): Promise<Channel> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the call that failed tells the same
  return channel;
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === NOT_FOUND;

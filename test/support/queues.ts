import { connect } from 'amqplib';

const QUEUES = ['products_queue', 'orders_queue', 'payments_queue', 'webhooks_queue'] as const;
const LADDER = ['retry.1s', 'retry.5s', 'retry.30s', 'retry.120s'] as const;

export interface Waiting {
  /** Messages that wait for their service, or to be tried again, by queue; only those that are not empty. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Dead letters by queue; only those that are not empty. */
  readonly dead: Readonly<Record<string, number>>;
}

/** Counts what waits in the queues: by passive declarations, whose numbers are exact, unlike those of the tools. */
export async function countMessages(url: string): Promise<Waiting> {
  const connection = await connect(url);
  connection.on('error', () => undefined); // whatever goes wrong shows in the call below
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const count = async (queues: readonly string[]): Promise<Record<string, number>> => {
      const counts = await Promise.all(
        queues.map(async (queue) => (await channel.checkQueue(queue)).messageCount),
      );
      return Object.fromEntries(
        queues.map((queue, at) => [queue, counts[at] ?? 0]).filter(([, n]) => n !== 0),
      );
    };
    return {
      waiting: await count(QUEUES.flatMap((queue) => [queue, ...LADDER.map((step) => `${queue}.${step}`)])),
      dead: await count(QUEUES.map((queue) => `${queue}.dlq`)),
    };
  } finally {
    await connection.close();
  }
}

import { runMain } from '@comanda/test-kit';
import { connect } from 'amqplib';

/** Somebody in the middle of a look: it has the turn and every dead letter of the queue in hand, and keeps them. */
await runMain(
  async ({ rabbitUrl, queue, letters }: { rabbitUrl: string; queue: string; letters: number }) => {
    const connection = await connect(rabbitUrl);
    const channel = await connection.createChannel();
    await channel.assertQueue(`${queue}.turn`, { durable: true, autoDelete: true });
    await channel.consume(`${queue}.turn`, () => undefined, { exclusive: true });
    await new Promise<void>((resolve) => {
      let held = 0;
      const hold = () => {
        if (++held === letters) resolve();
      };
      void channel.consume(queue, hold);
    });
    return () => connection.close();
  },
);

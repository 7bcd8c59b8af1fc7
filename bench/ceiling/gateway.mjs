/** The ceiling's HTTP side: 202 as soon as the broker has confirmed the order. */
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import Fastify from 'fastify';
import { EXCHANGE, STAGES } from './topology.mjs';

/** Makes a message about as long as one with an envelope. */
const PADDING = 'y'.repeat(300);

const connection = await amqp.connect(process.env.RABBITMQ_URL, { noDelay: true });
const channel = await connection.createConfirmChannel();

const app = Fastify();
app.post('/orders', async (request, reply) => {
  const order = { id: randomUUID(), step: 0, items: request.body.items, pad: PADDING };
  await publish(STAGES[0].queue, Buffer.from(JSON.stringify(order)));
  reply.code(202);
  return { id: order.id, status: 'PENDING' };
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
// The driver is gone, however it went.
process.once('disconnect', () => process.exit());

function publish(routingKey, content) {
  return new Promise((resolve, reject) => {
    channel.publish(EXCHANGE, routingKey, content, { persistent: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

import amqp from 'amqplib';

/** Removes what a reference left at the broker. */
export async function removeFromBroker(rabbitUrl, { queues, exchanges = [] }) {
  const connection = await amqp.connect(rabbitUrl);
  const channel = await connection.createChannel();
  for (const queue of queues) await channel.deleteQueue(queue);
  for (const exchange of exchanges) await channel.deleteExchange(exchange);
  await connection.close();
}

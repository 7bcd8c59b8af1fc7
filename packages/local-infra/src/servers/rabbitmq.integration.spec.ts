import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { rabbitMqAnswers } from './amqp-probe.js';
import { startRabbitMq } from './rabbitmq.js';
import { useServer } from './test/use-server.js';

describe.each(['process', 'container'] as const)('a RabbitMQ of our own, as a %s', (runAs) => {
  const server = useServer((directory) => startRabbitMq({ directory, runAs }));

  it('can be asked and told things with rabbitmqctl', async () => {
    expect(await server().ctl('eval', 'list_to_integer(os:getpid()).')).toMatch(/^\d+\s*$/);
    expect(await server().ctl('list_vhosts')).toContain('/');
  });

  it('says why a command failed', async () => {
    await expect(server().ctl('no_such_command')).rejects.toThrow();
  });

  it('is gone after SIGKILL, and comes back on the same port with what it had confirmed', async () => {
    await publishConfirmed(server().url, 'kept', 'still here');
    await server().settleDeclarations();
    const { url } = server();

    await server().kill();
    expect(server().running).toBe(false);
    expect(await rabbitMqAnswers(url)).toBe(false);

    await server().start();
    expect(server().url).toBe(url);
    expect(await takeOne(url, 'kept')).toBe('still here');
  });

  it('ends in order on stop, and starts again', async () => {
    await server().stop();
    expect(await rabbitMqAnswers(server().url)).toBe(false);
    await server().start();
    expect(await rabbitMqAnswers(server().url)).toBe(true);
  });
});

async function publishConfirmed(url: string, queue: string, text: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

async function takeOne(url: string, queue: string): Promise<string | undefined> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const message = await channel.get(queue, { noAck: true });
  await connection.close();
  return message === false ? undefined : message.content.toString();
}

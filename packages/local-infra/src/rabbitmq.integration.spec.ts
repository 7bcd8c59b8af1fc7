import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { rabbitMqAnswers } from './amqp-probe.js';
import { type RabbitMqServer, startRabbitMq } from './rabbitmq.js';

describe('a private RabbitMQ', () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-rabbit-'));
  let server: RabbitMqServer;

  beforeAll(async () => {
    server = await startRabbitMq({ directory });
  }, 90_000);

  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  it('can be asked and told things with rabbitmqctl', async () => {
    expect((await server.ctl('eval', 'list_to_integer(os:getpid()).')).trim()).toBe(String(server.pid));
    expect(await server.ctl('list_vhosts')).toContain('/');
  });

  it('says why a command failed', async () => {
    await expect(server.ctl('no_such_command')).rejects.toThrow();
  });

  it('is gone after SIGKILL, and comes back on the same port with what it had confirmed', async () => {
    await publishConfirmed(server.url, 'kept', 'still here');
    await server.settleDeclarations();
    const { pid, url } = server;

    await server.kill();
    expect(server.running).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(await rabbitMqAnswers(url)).toBe(false);

    await server.start();
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect(await takeOne(url, 'kept')).toBe('still here');
  });

  it('ends in order on stop, and starts again', async () => {
    const { pid } = server;
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    await server.start();
    expect(await rabbitMqAnswers(server.url)).toBe(true);
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

/** Signal 0 only asks whether there is such a process. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

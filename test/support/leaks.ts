import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { Redis } from 'ioredis';
import type { Installation } from './installation.js';

/** Where text was found or may be found, with the place that a person looks at. */
export interface Heard {
  readonly where: string;
  readonly text: string;
}

/** A secret, by what it is, and every form in which it could stand somewhere. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // In base64 the last character depends on what follows.
  const encoded = [bytes.toString('base64'), bytes.toString('base64url')].map((text) =>
    text.replace(/=+$/, '').slice(0, -1),
  );
  return [secret, bytes.toString('hex'), encodeURIComponent(secret), ...encoded];
}

/** What of these secrets stands in what was heard: `<secret> in <where>`, each once. */
export function leaksIn(heard: Iterable<Heard>, secrets: Readonly<Record<string, string>>): string[] {
  const searched = Object.entries(secrets).map(([name, secret]) => ({ name, forms: formsOf(secret) }));
  const found = new Set<string>();
  for (const { where, text } of heard)
    for (const { name, forms } of searched)
      if (forms.some((form) => text.includes(form))) found.add(`${name} in ${where}`);
  return [...found];
}

/** Every byte that was put on disk below a folder: databases, queues, logs. */
export function* filesBelow(folder: string): Generator<Heard> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) {
      const file = join(entry.parentPath, entry.name);
      yield { where: file.slice(folder.length + 1), text: readFileSync(file, 'latin1') };
    }
}

/** Every row of every table of every service. */
export function* rowsOf(installation: Installation): Generator<Heard> {
  for (const { alias } of DATABASE_OWNERS) {
    const tables = installation.rows<{ name: string }>(
      alias,
      "SELECT name FROM sqlite_master WHERE type = 'table'",
    );
    for (const { name } of tables)
      for (const row of installation.rows(alias, `SELECT * FROM ${name}`))
        yield { where: `table ${alias}.${name}`, text: JSON.stringify(row) };
  }
}

/** Every key in Redis with what it holds. */
export async function redisContents(url: string): Promise<Heard[]> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const dumped = await Promise.all(
      keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('latin1') ?? ''),
    );
    return keys.map((key, at) => ({ where: 'Redis', text: `${key} ${dumped[at]}` }));
  } finally {
    redis.disconnect();
  }
}

/**
 * Everything that crosses the broker, whichever way: events, commands, questions, answers, dead letters. RabbitMQ itself
 * copies it ("firehose").
 */
export class Firehose {
  readonly heard: Heard[] = [];
  #open: { readonly connection: ChannelModel; readonly channel: Channel } | undefined;

  async open({ rabbit, brokerUrl }: Installation): Promise<void> {
    const connection = await connect(brokerUrl);
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'amq.rabbitmq.trace', 'publish.#');
    await channel.consume(
      queue,
      (message) => {
        if (!message) return;
        const { routing_keys: keys, properties } = message.properties.headers ?? {};
        // Each instance has a queue of its own for questions.
        const where = `the broker: ${String(keys).replace(/(?<=_queries)\..*/, '')}`;
        this.heard.push({ where, text: `${JSON.stringify(properties)} ${message.content.toString()}` });
      },
      { noAck: true },
    );
    await rabbit.ctl('trace_on');
    this.#open = { connection, channel };
  }

  async close(): Promise<void> {
    await this.#open?.connection.close().catch(() => undefined); // gone already with its broker
    this.#open = undefined;
  }
}

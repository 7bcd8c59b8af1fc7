import { execFile } from 'node:child_process';
import { Unavailable } from '@comanda/messaging';
import { readSettings } from '@comanda/service-kit';
import { z } from 'zod';
import type { Nodes, Placement } from './placement.js';

const TIMEOUT_MS = 120_000;

const Settings = z.object({
  RABBITMQ_TOOLS: z
    .string()
    .transform((text) => text.split(/\s+/).filter((word) => word !== ''))
    .refine((words) => words.length > 0, 'names no command')
    .optional(),
});

const Names = z.array(z.string());
/** What a queue without a leader lacks is empty text, or not there. */
const NoneOr = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.literal('')]).optional();
const Queues = z.array(
  z.object({
    name: z.string(),
    leader: NoneOr(z.string()),
    members: NoneOr(Names),
    online: NoneOr(Names),
  }),
);
const Cluster = z.object({ disk_nodes: Names, ram_nodes: Names.default([]), running_nodes: Names });
const Grown = z.array(z.object({ name: z.string(), result: z.string() }));

/**
 * RabbitMQ's own command line tools, on one virtual host: which nodes have which queues is told neither by AMQP nor,
 * before version 3.13, changed by the management API (docs/decisions/36).
 */
export class BrokerTools {
  private constructor(
    private readonly command: readonly string[],
    private readonly vhost: string,
  ) {}

  /**
   * @param brokerUrl names the virtual host
   * @returns undefined when RABBITMQ_TOOLS is not set
   * @throws ConfigurationError
   */
  static of(environment: NodeJS.ProcessEnv, brokerUrl: string): BrokerTools | undefined {
    const { RABBITMQ_TOOLS: command } = readSettings(Settings, environment);
    const path = decodeURIComponent(new URL(brokerUrl).pathname.slice(1));
    return command && new BrokerTools(command, path === '' ? '/' : path);
  }

  async nodes(): Promise<Nodes> {
    const status = Cluster.parse(await this.#asked('rabbitmqctl', 'cluster_status'));
    return {
      all: [...status.disk_nodes, ...status.ram_nodes].toSorted(),
      running: status.running_nodes.toSorted(),
    };
  }

  /** Of these queues, in this order; one that the broker does not list has no leader at present. */
  async placements(queues: readonly string[]): Promise<Placement[]> {
    const items = ['name', 'leader', 'members', 'online'];
    const listed = Queues.parse(
      await this.#asked('rabbitmqctl', 'list_queues', '--vhost', this.vhost, ...items),
    );
    const byName = new Map(listed.map((row) => [row.name, row]));
    if (queues.length > 0 && !queues.some((queue) => byName.has(queue)))
      throw new Unavailable(
        'broker',
        'The broker that RABBITMQ_TOOLS asks has none of the queues at RABBITMQ_URL: is it another one?',
      );
    return queues.map((queue) => {
      const { leader, members, online } = byName.get(queue) ?? {};
      return { queue, leader: leader || undefined, members: members || [], online: online || [] };
    });
  }

  /** Makes a node a member of these queues. Gives what became of each that was not a member before. */
  async grow(
    node: string,
    queues: readonly string[],
  ): Promise<{ readonly queue: string; readonly result: string }[]> {
    const grown = Grown.parse(
      await this.#asked('rabbitmq-queues', 'grow', node, 'all', ...this.#only(queues)),
    );
    return grown.map(({ name, result }) => ({ queue: name, result }));
  }

  /** Spreads the leaders of these queues over all nodes that run. */
  async rebalance(queues: readonly string[]): Promise<void> {
    await this.#run('rabbitmq-queues', 'rebalance', 'quorum', ...this.#only(queues));
  }

  #only(queues: readonly string[]): string[] {
    return ['--vhost-pattern', exactly([this.vhost]), '--queue-pattern', exactly(queues)];
  }

  async #asked(program: string, ...args: readonly string[]): Promise<unknown> {
    const text = await this.#run(program, ...args, '--formatter', 'json', '--quiet');
    try {
      return JSON.parse(text);
    } catch {
      // A list is broken off when a node goes while it is told.
      throw new Unavailable(
        'broker',
        `RABBITMQ_TOOLS: ${program} ${args[0]} gave no whole answer; ask again`,
      );
    }
  }

  #run(program: string, ...args: readonly string[]): Promise<string> {
    const [command = '', ...before] = this.command;
    return new Promise((resolve, reject) => {
      execFile(command, [...before, program, ...args], { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const why = stderr.trim().split('\n').at(0) || error.message;
        reject(new Unavailable('broker', `RABBITMQ_TOOLS: ${program} ${args[0]} failed: ${why}`));
      });
    });
  }
}

/** A regular expression for these names and no others. */
const exactly = (names: readonly string[]): string =>
  `^(${names.map((name) => name.replaceAll(/\W/g, '\\$&')).join('|')})$`;

import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresServer, RabbitMqServer, RedisServer } from '@comanda/local-infra';
import { startPostgres, startRabbitMq, startRedis } from '@comanda/local-infra';
import { addingVhosts, FreshVhosts } from '@comanda/test-kit';

/** One for each worker of Jest; there are never more than these. */
const VHOSTS = Array.from({ length: 8 }, (_, index) => `w${index + 1}`);

/** Here each file starts all services, with a Redis and a vhost of their own. */
const WHOLE_PLATFORMS = ['e2e', 'fault'];

/**
 * One private RabbitMQ for all tests of a kind, and one private Redis for all integration tests; each worker of Jest has
 * a vhost of its own, where nobody else declares or publishes. Tests that stop, kill or pause a server start their own.
 * The project `postgres`, which runs the tests again that touch a database, has a private PostgreSQL besides.
 *
 * What the tests find in the environment: `TEST_RABBITMQ_URL` (a vhost's name is to be added), `TEST_REDIS_URL`,
 * `TEST_POSTGRES_URL` and `TEST_RABBITMQCTL_URL`, which runs `rabbitmqctl` with the JSON list of arguments that is
 * posted to it, and answers a GET with the name of a vhost that nobody else gets.
 */
export default async function setup(
  _: unknown,
  { displayName: { name: kind } = { name: '' } }: { displayName?: { name: string } },
): Promise<void> {
  if (globalThis.testServers)
    throw new Error('run one kind of tests at a time that needs servers: --selectProjects integration');
  const directory = mkdtempSync(join(tmpdir(), 'comanda-integration-'));
  // Beside the others: another user than root must be able to reach it.
  const data = mkdtempSync(join(tmpdir(), 'comanda-postgres-'));
  const [rabbit, redis, postgres] = await Promise.all([
    startRabbitMq({ directory: join(directory, 'rabbitmq') }),
    WHOLE_PLATFORMS.includes(kind) ? undefined : startRedis({ directory: join(directory, 'redis') }),
    kind === 'postgres' ? startPostgres({ directory: data }) : undefined,
  ]);
  if (!WHOLE_PLATFORMS.includes(kind)) await rabbit.ctl('eval', addingVhosts(VHOSTS));
  const control = controlOf(rabbit);
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  process.env.TEST_RABBITMQ_URL = rabbit.url;
  if (redis) process.env.TEST_REDIS_URL = redis.url;
  process.env.TEST_RABBITMQCTL_URL = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
  if (postgres) process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testServers = { directories: [directory, data], rabbit, redis, postgres, control };
}

const controlOf = (rabbit: RabbitMqServer) => {
  const fresh = new FreshVhosts((names) => rabbit.ctl('eval', addingVhosts(names)));
  return createServer(async (request, response) => {
    try {
      if (request.method === 'GET') return response.end(await fresh.next());
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end(await rabbit.ctl(...(JSON.parse(Buffer.concat(chunks).toString('utf8')) as string[])));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
};

declare global {
  var testServers:
    | {
        readonly directories: readonly string[];
        readonly rabbit: RabbitMqServer;
        readonly redis: RedisServer | undefined;
        readonly postgres: PostgresServer | undefined;
        readonly control: ReturnType<typeof createServer>;
      }
    | undefined;
}

import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type PostgresServer,
  type RabbitMqServer,
  type RedisServer,
  startPostgres,
  startRabbitMq,
  startRedis,
} from '@comanda/local-infra';

/** More than there are ever workers of Jest at once. */
const VHOSTS = 8;

/**
 * One private RabbitMQ and one private Redis for all integration tests; each worker of Jest has a vhost of its own,
 * where nobody else declares or publishes. Tests that stop, kill or pause a server start their own. The project
 * `postgres`, which runs the tests again that touch a database, has a private PostgreSQL besides.
 *
 * Tells the tests, in the environment: `TEST_RABBITMQ_URL` (a vhost's name is to be added), `TEST_REDIS_URL`,
 * `TEST_POSTGRES_URL` and `TEST_RABBITMQCTL_URL`, which runs `rabbitmqctl` with the JSON list of arguments that is
 * posted to it.
 */
export default async function setup(
  _: unknown,
  { displayName }: { displayName?: { name: string } },
): Promise<void> {
  if (globalThis.testServers)
    throw new Error('integration and postgres are the same tests: run one of these projects at a time');
  const directory = mkdtempSync(join(tmpdir(), 'comanda-integration-'));
  // Beside the others: another user than root must be able to reach it.
  const data = mkdtempSync(join(tmpdir(), 'comanda-postgres-'));
  const [rabbit, redis, postgres] = await Promise.all([
    startRabbitMq({ directory: join(directory, 'rabbitmq') }),
    startRedis({ directory: join(directory, 'redis') }),
    displayName?.name === 'postgres' ? startPostgres({ directory: data }) : undefined,
  ]);
  // One call for all of them: each one takes a second.
  await rabbit.ctl(
    'eval',
    `[begin Name = <<"w", (integer_to_binary(N))/binary>>, rabbit_vhost:add(Name, <<"tests">>),
       rabbit_auth_backend_internal:set_permissions(<<"guest">>, Name, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)
       end || N <- lists:seq(1, ${VHOSTS})].`,
  );
  const control = controlOf(rabbit);
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  process.env.TEST_RABBITMQ_URL = rabbit.url;
  process.env.TEST_REDIS_URL = redis.url;
  process.env.TEST_RABBITMQCTL_URL = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
  if (postgres) process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testServers = { directories: [directory, data], rabbit, redis, postgres, control };
}

const controlOf = (rabbit: RabbitMqServer) =>
  createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end(await rabbit.ctl(...(JSON.parse(Buffer.concat(chunks).toString('utf8')) as string[])));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });

declare global {
  var testServers:
    | {
        readonly directories: readonly string[];
        readonly rabbit: RabbitMqServer;
        readonly redis: RedisServer;
        readonly postgres: PostgresServer | undefined;
        readonly control: ReturnType<typeof createServer>;
      }
    | undefined;
}

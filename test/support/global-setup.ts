import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitMqServer, type RedisServer, startRabbitMq, startRedis } from '@comanda/local-infra';

/** More than there are ever workers of Jest at once. */
const VHOSTS = 8;

/**
 * One private RabbitMQ and one private Redis for all integration tests; each worker of Jest has a vhost of its own,
 * where nobody else declares or publishes. Tests that stop, kill or pause a server start their own.
 *
 * Tells the tests, in the environment: `TEST_RABBITMQ_URL` (a vhost's name is to be added), `TEST_REDIS_URL`, and
 * `TEST_RABBITMQCTL_URL`, which runs `rabbitmqctl` with the JSON list of arguments that is posted to it.
 */
export default async function setup(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-integration-'));
  const [rabbit, redis] = await Promise.all([
    startRabbitMq({ directory: join(directory, 'rabbitmq') }),
    startRedis({ directory: join(directory, 'redis') }),
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
  globalThis.testServers = { directory, rabbit, redis, control };
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
        readonly directory: string;
        readonly rabbit: RabbitMqServer;
        readonly redis: RedisServer;
        readonly control: ReturnType<typeof createServer>;
      }
    | undefined;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run the tests through the Jest project of their kind`);
  return value;
};

/** The servers that test/support/global-setup.ts started, and the vhost that is this worker's own. */
export const vhost = (): string => `w${process.env.JEST_WORKER_ID ?? '1'}`;
export const rabbitUrl = (): string => `${variable('TEST_RABBITMQ_URL')}/${vhost()}`;
export const redisUrl = (): string => variable('TEST_REDIS_URL');

/** Runs `rabbitmqctl` on the shared RabbitMQ; what it does must touch this worker's vhost alone. */
export async function rabbitmqctl(...args: string[]): Promise<string> {
  const response = await fetch(variable('TEST_RABBITMQCTL_URL'), {
    method: 'POST',
    body: JSON.stringify(args),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

/** What `rabbitmqctl eval` adds vhosts by. One call for all of them: each takes half a second or more. */
export const addingVhosts = (names: readonly string[]): string =>
  `[begin rabbit_vhost:add(Name, <<"tests">>),
     rabbit_auth_backend_internal:set_permissions(<<"guest">>, Name, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)
     end || Name <- [${names.map((name) => `<<"${name}">>`).join(', ')}]].`;

/** A vhost of the shared RabbitMQ for one whole platform: nothing is in it, and nobody else uses it. */
export interface Vhost {
  readonly url: string;
}

/** It ends with that RabbitMQ: to remove one takes longer than its queues cost while nothing happens in them. */
export async function freshVhost(): Promise<Vhost> {
  const response = await fetch(variable('TEST_RABBITMQCTL_URL'));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return { url: `${variable('TEST_RABBITMQ_URL')}/${text}` };
}

/** A folder that is gone after the test. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'comanda-test-'));

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

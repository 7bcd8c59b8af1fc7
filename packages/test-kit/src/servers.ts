import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run integration tests through Jest's project`);
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

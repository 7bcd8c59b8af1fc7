import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from '@comanda/local-infra';
import { Unavailable } from '@comanda/messaging';
import { rabbitUrlOf } from '@comanda/service-kit';

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'rabbitmq-url');

/** Writes down which broker `npm start` uses, for other commands on this machine; readable by its owner only. */
export function noteRunningBroker(dataDirectory: string, url: string): void {
  const file = fileIn(dataDirectory);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true }); // the mode below is for new files alone
  writeFileSync(file, url, { mode: 0o600 });
}

export function forgetRunningBroker(dataDirectory: string): void {
  rmSync(fileIn(dataDirectory), { force: true });
}

/**
 * The broker to talk to: the configured one, else that of a running `npm start`, else the one where services look
 * when nothing is set.
 *
 * @throws Unavailable with one line for people when none answers
 */
export async function findRunningBroker(dataDirectory: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.RABBITMQ_URL) {
    const configured = rabbitUrlOf({
      RABBITMQ_URL: env.RABBITMQ_URL,
      RABBITMQ_CA: env.RABBITMQ_CA || undefined,
    });
    if (await rabbitMqAnswers(configured)) return configured;
    throw new Unavailable('broker', 'RABBITMQ_URL is set, but no RabbitMQ answers there.');
  }
  const file = fileIn(dataDirectory);
  const noted = existsSync(file) ? [readFileSync(file, 'utf8')] : [];
  for (const url of [...noted, DEFAULT_RABBITMQ_URL]) if (await rabbitMqAnswers(url)) return url;
  throw new Unavailable(
    'broker',
    'No RabbitMQ was found. Set RABBITMQ_URL, or start the platform with npm start.',
  );
}

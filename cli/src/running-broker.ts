import { existsSync, readFileSync } from 'node:fs';
import { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from '@comanda/local-infra';
import { Unavailable } from '@comanda/messaging';
import { rabbitUrlIn } from '@comanda/service-kit';
import { noteIn } from './broker-note.js';

/**
 * The broker to talk to: the configured one, else that of a running `npm start`, else the one where services look
 * when nothing is set.
 *
 * @throws Unavailable with one line for people when none answers; ConfigurationError
 */
export async function findRunningBroker(dataDirectory: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.RABBITMQ_URL) {
    const configured = rabbitUrlIn(env);
    if (await rabbitMqAnswers(configured)) return configured;
    throw new Unavailable('broker', 'RABBITMQ_URL is set, but no RabbitMQ answers there.');
  }
  const file = noteIn(dataDirectory);
  const noted = existsSync(file) ? [readFileSync(file, 'utf8')] : [];
  for (const url of [...noted, DEFAULT_RABBITMQ_URL]) if (await rabbitMqAnswers(url)) return url;
  throw new Unavailable(
    'broker',
    'No RabbitMQ was found. Set RABBITMQ_URL, or start the platform with npm start.',
  );
}

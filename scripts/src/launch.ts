import { join, relative } from 'node:path';
import { forgetRunningBroker, noteRunningBroker } from '@comanda/cli';
import {
  discoverInfrastructure,
  type Infrastructure,
  type Platform,
  type PlatformOptions,
  type ServicePorts,
  startAuditor,
  startPlatform,
  startReceivers,
} from '@comanda/local-infra';
import { startTelegramStub, type TelegramStub } from '@comanda/stand-ins';
import { configuredPorts, requireFreePorts } from './configured-ports.js';
import { demoEnvironment, hasOwnTelegram, telegramEnvironment } from './demo-environment.js';
import type { DemoSubscription } from './demo-subscriptions.js';
import { keptJwtSecret, keptReceiverSecret } from './kept-secrets.js';
import { formatLogLine } from './log-line.js';
import type { ShutDown } from './shut-down.js';
import { print, say } from './terminal.js';

export interface Launched {
  readonly gateway: string;
  readonly ports: ServicePorts;
  readonly auditorUrl: string;
  /** Stops one service in order, and starts it again. */
  readonly restart: Platform['restart'];
  readonly infrastructure: Infrastructure;
  readonly dataDirectory: string;
  readonly telegram: TelegramStub | undefined;
  readonly subscriptions: readonly DemoSubscription[];
}

/**
 * Brings everything up, in parallel where nothing depends on the other; resolves when every service is ready.
 * Each part registers with `shutDown` as soon as it runs.
 *
 * @throws Error with a message for people when a part does not come up
 */
export async function launch(root: string, env: NodeJS.ProcessEnv, shutDown: ShutDown): Promise<Launched> {
  const ports = configuredPorts(env);
  await requireFreePorts(ports.all);
  const dataDirectory = join(root, '.comanda');
  const receiverSecret = keptReceiverSecret(dataDirectory);
  const telegram = hasOwnTelegram(env) ? undefined : await startTelegramStub();
  if (telegram !== undefined) shutDown.endLast('the local Telegram', () => telegram.stop());
  const telegramEnv = telegramEnvironment(env, telegram);

  const [infrastructure] = await Promise.all([
    findInfrastructure(dataDirectory, env, shutDown),
    startReceivers({
      root,
      loggerPort: ports.loggerReceiver,
      notifierPort: ports.notifierReceiver,
      ownGroup: true,
      onLine: (line) => print(formatLogLine('receivers', line)),
      env: {
        ...telegramEnv,
        LOGGER_RECEIVER_SECRET: receiverSecret,
        NOTIFIER_RECEIVER_SECRET: receiverSecret,
        LOGGER_DATABASE: join(dataDirectory, 'data', 'receivers.db'),
      },
    }).then((started) => {
      shutDown.endNext('the receivers', () => started.stop());
    }),
  ]);

  say('Starting the services');
  const options: PlatformOptions = {
    root,
    directory: join(dataDirectory, 'data'),
    rabbitUrl: infrastructure.rabbitmq.url,
    redisUrl: infrastructure.redis.url,
    ports: ports.services,
    env: { ...demoEnvironment(env, keptJwtSecret(dataDirectory)), ...telegramEnv },
    onLine: (name, line) => print(formatLogLine(name, line)),
    supervise: say,
    ownGroup: true,
  };
  const platform = await startPlatform(options);
  shutDown.endFirst('the services, the gateway first', () => platform.stop());
  const auditor = await startAuditor({ ...options, ports: platform.ports, port: ports.auditor });
  shutDown.endFirst('the auditor', () => auditor.stop());

  const webhookTargets = [ports.loggerReceiver, ports.notifierReceiver];
  return {
    gateway: platform.url,
    ports: platform.ports,
    restart: platform.restart,
    auditorUrl: `http://localhost:${ports.auditor}`,
    infrastructure,
    dataDirectory: relative(process.cwd(), dataDirectory) || dataDirectory,
    telegram,
    subscriptions: demoSubscriptions(webhookTargets, receiverSecret, telegramEnv.TELEGRAM_CHAT_ID),
  };
}

async function findInfrastructure(
  dataDirectory: string,
  env: NodeJS.ProcessEnv,
  shutDown: ShutDown,
): Promise<Infrastructure> {
  const infrastructure = await discoverInfrastructure({ dataDirectory, env, announce: say, ownGroup: true });
  shutDown.endLast('RabbitMQ and Redis, where they are ours', () => infrastructure.stop());
  noteRunningBroker(dataDirectory, infrastructure.rabbitmq.url);
  shutDown.endFirst('the note of the broker', async () => forgetRunningBroker(dataDirectory));
  say(`RabbitMQ: ${infrastructure.rabbitmq.description}`);
  say(`Redis: ${infrastructure.redis.description}`);
  return infrastructure;
}

function demoSubscriptions(
  receiverPorts: readonly number[],
  secret: string,
  chat: string | undefined,
): DemoSubscription[] {
  const webhooks = receiverPorts.map((port, index) => ({
    channel: 'webhook' as const,
    target: `http://127.0.0.1:${port}/`,
    eventTypes: ['order.*'],
    description: index === 0 ? 'Demo: the logger receiver' : 'Demo: the notifier receiver',
    secret,
  }));
  if (chat === undefined) return webhooks;
  const eventTypes = ['order.confirmed', 'order.rejected'];
  return [
    ...webhooks,
    { channel: 'telegram', target: chat, eventTypes, description: 'Demo: staff on Telegram' },
  ];
}

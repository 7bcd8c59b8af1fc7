import { join, relative } from 'node:path';
import { forgetRunningBroker, noteRunningBroker } from '@comanda/cli';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import {
  discoverInfrastructure,
  type Infrastructure,
  type Platform,
  type PlatformOptions,
  type ServicePorts,
  type Source,
  startAuditor,
  startPlatform,
  startReceivers,
} from '@comanda/local-infra';
import { startTelegramStub, type TelegramStub } from '@comanda/stand-ins';
import { configuredPorts, requireFreePorts } from './configured-ports.js';
import { demoEnvironment, hasOwnTelegram, telegramEnvironment } from './demo-environment.js';
import type { DemoSubscription } from './demo-subscriptions.js';
import { keptJwtSecret, keptReceiverSecret } from './kept-secrets.js';
import type { Page } from './page.js';
import { openServiceLog } from './service-log.js';
import type { ShutDown } from './shut-down.js';

export interface LaunchOptions {
  /** The repository. */
  readonly root: string;
  readonly dataDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly page: Page;
  readonly shutDown: ShutDown;
  /** Show all that the services log. */
  readonly allLogs: boolean;
  /** No server that listens on this machine already. */
  readonly ownServers: boolean;
}

export interface Launched {
  readonly gateway: string;
  readonly ports: ServicePorts;
  readonly auditorUrl: string;
  /** Starts the auditor, who needs the databases of all others; resolves when it has read them. */
  readonly startAuditor: () => Promise<void>;
  /** Stops one service in order, and starts it again. */
  readonly restart: Platform['restart'];
  readonly infrastructure: Infrastructure;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly telegram: TelegramStub | undefined;
  readonly subscriptions: readonly DemoSubscription[];
}

/**
 * Brings everything up but the auditor, in parallel where nothing depends on the other; resolves when every service is
 * ready. Each part registers with `shutDown` as soon as it runs.
 *
 * @throws Error with a message for people when a part does not come up
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { root, dataDirectory, env, page, shutDown, allLogs } = options;
  const ports = configuredPorts(env);
  await requireFreePorts(ports.all);
  const logFile = join(dataDirectory, 'logs', 'services.log');
  const log = openServiceLog(logFile, { all: allLogs, show: page.line });
  const receiverSecret = keptReceiverSecret(dataDirectory);
  const telegram = hasOwnTelegram(env) ? undefined : await startTelegramStub();
  if (telegram !== undefined) shutDown.endLast('the local Telegram', () => telegram.stop());
  const telegramEnv = telegramEnvironment(env, telegram);
  const ready: string[] = [];
  let showReady = (): void => undefined;

  const startServices = (infrastructure: Infrastructure) => {
    const platformOptions: PlatformOptions = {
      root,
      directory: join(dataDirectory, 'data'),
      rabbitUrl: infrastructure.rabbitmq.url,
      redisUrl: infrastructure.redis.url,
      ports: ports.services,
      env: { ...demoEnvironment(env, keptJwtSecret(dataDirectory)), ...telegramEnv },
      onLine: log.add,
      onReady: (name) => {
        ready.push(name);
        showReady();
      },
      supervise: page.line,
      ownGroup: true,
    };
    const platform = startPlatform(platformOptions).catch((error: unknown) => {
      throw shortened(error, logFile);
    });
    const receivers = startReceivers({
      root,
      loggerPort: ports.loggerReceiver,
      notifierPort: ports.notifierReceiver,
      ownGroup: true,
      onLine: (line) => log.add('receivers', line),
      env: {
        ...telegramEnv,
        LOGGER_RECEIVER_SECRET: receiverSecret,
        NOTIFIER_RECEIVER_SECRET: receiverSecret,
        LOGGER_DATABASE: join(dataDirectory, 'data', 'receivers.db'),
      },
    });
    return { platformOptions, all: Promise.all([platform, receivers]) };
  };

  const { infrastructure, services } = await page.step('RabbitMQ and Redis', async (say) => {
    const found = await findInfrastructure(options, say);
    await found.redis.answers;
    // At the same time as the broker comes up: the services take as long to load.
    const begun = startServices(found);
    // Whichever fails first ends the start; the services can't be ready before the broker is.
    await Promise.race([found.rabbitmq.answers, begun.all]);
    say(`RabbitMQ: ${FROM[found.rabbitmq.source]}, Redis: ${FROM[found.redis.source]}`);
    return { infrastructure: found, services: begun };
  });
  const platform = await page.step('Services', async (say) => {
    showReady = () => say(`${ready.length} of ${DATABASE_OWNERS.length} ready: ${ready.join(', ')}`);
    showReady();
    const [started, receivers] = await services.all;
    shutDown.endFirst('the services, the gateway first', () => started.stop());
    shutDown.endNext('the receivers', () => receivers.stop());
    say(`${ready.length} ready, and two receivers of webhooks`);
    return started;
  });

  const webhookTargets = [ports.loggerReceiver, ports.notifierReceiver];
  return {
    gateway: platform.url,
    ports: platform.ports,
    restart: platform.restart,
    auditorUrl: `http://localhost:${ports.auditor}`,
    startAuditor: async () => {
      const known = { ...services.platformOptions, ports: platform.ports, port: ports.auditor };
      const auditor = await startAuditor(known).catch((error: unknown) => {
        throw shortened(error, logFile);
      });
      shutDown.endFirst('the auditor', () => auditor.stop());
    },
    infrastructure,
    dataDirectory: relative(process.cwd(), dataDirectory) || dataDirectory,
    logFile: relative(process.cwd(), logFile),
    telegram,
    subscriptions: demoSubscriptions(webhookTargets, receiverSecret),
  };
}

/** Where a server is from, in the words of the page. */
const FROM: Readonly<Record<Source, string>> = {
  configured: 'as configured',
  listening: 'ran already',
  docker: 'in Docker',
  binaries: 'private',
  apt: 'private, installed now',
};

/** The first line alone: what a service said is on the terminal or in the file already. */
function shortened(error: unknown, logFile: string): Error {
  const [first = ''] = messageOf(error).split('\n');
  return new Error(`${first}. All that it said: ${relative(process.cwd(), logFile)}`, { cause: error });
}

async function findInfrastructure(
  { dataDirectory, env, ownServers, shutDown }: LaunchOptions,
  announce: (message: string) => void,
): Promise<Infrastructure> {
  const infrastructure = await discoverInfrastructure({
    dataDirectory,
    env,
    announce,
    ownGroup: true,
    avoid: ownServers ? ['configured', 'listening'] : [],
  });
  shutDown.endLast('RabbitMQ and Redis, where they are ours', () => infrastructure.stop());
  noteRunningBroker(dataDirectory, infrastructure.rabbitmq.url);
  shutDown.endFirst('the note of the broker', async () => forgetRunningBroker(dataDirectory));
  return infrastructure;
}

function demoSubscriptions(receiverPorts: readonly number[], secret: string): DemoSubscription[] {
  return receiverPorts.map((port, index) => ({
    channel: 'webhook',
    target: `http://127.0.0.1:${port}/`,
    eventTypes: ['order.*'],
    description: index === 0 ? 'Demo: the logger receiver' : 'Demo: the notifier receiver',
    secret,
  }));
}

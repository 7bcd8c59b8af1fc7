import { messageOf } from '@comanda/kit';
import { type AptPackage, canInstallWithApt, installWithApt } from '../install/apt.js';
import { findNginx, findPostgresPrograms, findRabbitMqScripts } from '../servers/find-binaries.js';
import { containerEngineAnswers } from '../servers/start-server.js';
import { waysToInstall } from './missing-servers.js';
import { NEEDED_SERVERS } from './needed-servers.js';

/**
 * Makes sure that the tests can start servers of their own: in a container engine, or from programs. Installs the
 * programs with apt where we may.
 *
 * @throws Error with the commands that mend it
 */
export async function ensureServerPrograms(announce: (message: string) => void): Promise<void> {
  const missing = Object.values(NEEDED_SERVERS).filter((server) => !server.isInstalled());
  if (missing.length === 0 || (await containerEngineAnswers())) return;
  const programs = missing.map(({ program }) => program);
  if (canInstallWithApt()) {
    announce(`Installing ${programs.join(' and ')} with apt`);
    return installWithApt(programs);
  }
  throw new Error(
    [
      `The tests start private servers and need ${programs.join(' and ')}, which this machine lacks. To mend it:`,
      ...waysToInstall(missing),
    ].join('\n'),
  );
}

/**
 * The same for PostgreSQL.
 *
 * @returns why the tests can't run on it, with what mends that, or `undefined`
 */
export async function ensurePostgres(announce: (message: string) => void): Promise<string | undefined> {
  if (findPostgresPrograms() !== undefined || (await containerEngineAnswers())) return undefined;
  return installed('postgresql', 'POSTGRESQL', announce);
}

/** The same for three brokers as one: their nodes are programs of this machine, never containers. */
export async function ensureRabbitMqProgram(
  announce: (message: string) => void,
): Promise<string | undefined> {
  return findRabbitMqScripts() === undefined
    ? installed('rabbitmq-server', 'THREE BROKERS', announce)
    : undefined;
}

/** The same for the edge: nginx is a program of this machine, never a container. */
export async function ensureNginx(announce: (message: string) => void): Promise<string | undefined> {
  return findNginx() === undefined ? installed('nginx', 'AN EDGE', announce) : undefined;
}

async function installed(
  program: AptPackage,
  what: string,
  announce: (message: string) => void,
): Promise<string | undefined> {
  let why = `this machine lacks ${program}`;
  if (canInstallWithApt()) {
    announce(`Installing ${program} with apt`);
    try {
      await installWithApt([program]);
      return undefined;
    } catch (error) {
      why = messageOf(error);
    }
  }
  const inHomebrew = program === 'rabbitmq-server' ? 'rabbitmq' : program;
  return [
    `NOT TESTED ON ${what}: ${why}. To mend it:`,
    `  Debian or Ubuntu   sudo apt-get update && sudo apt-get install -y ${program}`,
    `  macOS (Homebrew)   brew install ${inHomebrew}`,
  ].join('\n');
}

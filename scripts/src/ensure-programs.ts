import {
  canInstallWithApt,
  findPostgresPrograms,
  installWithApt,
  RABBITMQ,
  REDIS,
} from '@comanda/local-infra';

/**
 * Makes sure that the programs are there from which the tests start servers of their own: installs them with apt
 * where we may.
 *
 * @throws Error with the commands that mend it
 */
export async function ensureServerPrograms(announce: (message: string) => void): Promise<void> {
  const missing = [RABBITMQ, REDIS].filter((server) => !server.isInstalled());
  if (missing.length === 0) return;
  const programs = missing.map(({ program }) => program);
  if (canInstallWithApt()) {
    announce(`Installing ${programs.join(' and ')} with apt`);
    return installWithApt(programs);
  }
  throw new Error(
    [
      `The tests start private servers and need ${programs.join(' and ')}, which this machine lacks. To mend it:`,
      `  Debian or Ubuntu   sudo apt-get update && sudo apt-get install -y ${programs.join(' ')}`,
      `  macOS (Homebrew)   brew install ${missing.map(({ name }) => name.toLowerCase()).join(' ')}`,
    ].join('\n'),
  );
}

/**
 * Makes sure that the programs of PostgreSQL are there: installs them with apt where we may.
 *
 * @returns why the tests can't run on it, with what mends that, or `undefined`
 */
export async function ensurePostgres(announce: (message: string) => void): Promise<string | undefined> {
  if (findPostgresPrograms() !== undefined) return undefined;
  let why = 'this machine lacks it';
  if (canInstallWithApt()) {
    announce('Installing postgresql with apt');
    try {
      await installWithApt(['postgresql']);
      return undefined;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  return [
    `NOT TESTED ON POSTGRESQL: ${why}. To mend it:`,
    '  Debian or Ubuntu   sudo apt-get update && sudo apt-get install -y postgresql',
    '  macOS (Homebrew)   brew install postgresql',
  ].join('\n');
}

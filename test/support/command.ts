import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

/** What `npm run` starts for most of its commands, in the repository, as tests and drills are. */
export const PROGRAM = resolve('cli/dist/main.js');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs what `npm run <name>` runs, against the broker of an installation, or for another user of it.
 *
 * @param settings further ones, at the moment of each run
 */
export const commandOf =
  (
    { brokerUrl }: { readonly brokerUrl: string },
    name: string,
    settings: () => NodeJS.ProcessEnv = () => ({}),
  ) =>
  (...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = { ...process.env, ...settings(), RABBITMQ_URL: brokerUrl };
      execFile(process.execPath, [PROGRAM, name, ...args], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
      );
    });

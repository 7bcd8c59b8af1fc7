import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the URL stands of the broker that a running `npm start` uses. */
export const noteIn = (dataDirectory: string): string => join(dataDirectory, 'rabbitmq-url');

/** Writes down which broker `npm start` uses, for other commands on this machine; readable by its owner only. */
export function noteRunningBroker(dataDirectory: string, url: string): void {
  const file = noteIn(dataDirectory);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true }); // the mode below is for new files alone
  writeFileSync(file, url, { mode: 0o600 });
}

export function forgetRunningBroker(dataDirectory: string): void {
  rmSync(noteIn(dataDirectory), { force: true });
}

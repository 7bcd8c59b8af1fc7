import { existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { formatLogLine, isWorthReading } from './log-line.js';

export interface ServiceLog {
  /** Takes one line of a service. */
  readonly add: (service: string, line: string) => void;
  readonly file: string;
}

/**
 * What the services log: all of it goes to a file, which begins anew at each start (that of the start before stays
 * beside it); warnings, errors and what is no log line at all are shown as well, or everything.
 */
export function openServiceLog(
  file: string,
  { all, show }: { readonly all: boolean; readonly show: (line: string) => void },
): ServiceLog {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) renameSync(file, `${file}.before`);
  // Written at once: what a service says last is there, however this process ends.
  const descriptor = openSync(file, 'w', 0o600);
  return {
    file,
    add: (service, line) => {
      const plain = stripVTControlCharacters(line);
      writeSync(descriptor, plain.startsWith('{') ? `${plain}\n` : `[${service}] ${plain}\n`);
      if (all) show(formatLogLine(service, line));
      else if (isWorthReading(line)) show(formatLogLine(service, line, { stack: false }));
    },
  };
}

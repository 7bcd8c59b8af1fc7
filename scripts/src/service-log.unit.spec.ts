import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { useFolder } from '@comanda/test-kit/hooks';
import { describe, expect, it } from '@jest/globals';
import { openServiceLog } from './service-log.js';

const folder = useFolder();
const TIME = '2026-11-22T10:15:30.250Z';
const line = (level: number, msg: string, more: object = {}): string =>
  JSON.stringify({ level, time: TIME, service: 'orders-service', msg, ...more });

function open(all: boolean) {
  const shown: string[] = [];
  const log = openServiceLog(folder.file('logs/services.log'), {
    all,
    show: (text) => shown.push(stripVTControlCharacters(text)),
  });
  return { ...log, shown };
}

const LINES = [
  line(30, 'started'),
  line(40, 'the broker is away'),
  line(50, 'failed', { err: { message: 'boom', stack: 'Error: boom\n    at x' } }),
  'GATEWAY_PORT: must be a whole number',
  '',
];

describe('the log of the services', () => {
  it('keeps every line in the file, and shows what warns or fails in one line each', () => {
    const { add, file, shown } = open(false);
    for (const one of LINES) add('orders', one);
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      ...LINES.slice(0, 3),
      '[orders] GATEWAY_PORT: must be a whole number',
      '[orders] ',
      '',
    ]);
    expect(shown).toEqual([
      '10:15:30.250 [orders]    WARN the broker is away',
      '10:15:30.250 [orders]    ERROR failed',
      '[orders]    GATEWAY_PORT: must be a whole number',
    ]);
  });

  it('shows all of it when asked, with stacks', () => {
    const { add, shown } = open(true);
    for (const one of LINES.slice(0, 3)) add('orders', one);
    expect(shown).toEqual([
      '10:15:30.250 [orders]    started',
      '10:15:30.250 [orders]    WARN the broker is away',
      '10:15:30.250 [orders]    ERROR failed\nError: boom\n    at x',
    ]);
  });

  it('begins anew at each start; that of the start before stays beside it', () => {
    open(false).add('orders', 'first');
    const { add, file } = open(false);
    add('orders', 'second');
    expect(readFileSync(file, 'utf8')).toBe('[orders] second\n');
    expect(readFileSync(`${file}.before`, 'utf8')).toBe('[orders] first\n');
  });
});

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { formatLogLine } from './log-line.js';

const TIME = Date.UTC(2026, 10, 22, 10, 15, 30, 250);
const plain = (name: string, line: string): string => stripVTControlCharacters(formatLogLine(name, line));
const pino = (fields: object): string =>
  JSON.stringify({ level: 30, time: TIME, pid: 1, hostname: 'h', ...fields });

describe('a log line for people', () => {
  it('is time, service and message', () => {
    expect(plain('orders', pino({ msg: 'order confirmed' }))).toBe(
      '10:15:30.250 [orders]    order confirmed',
    );
  });

  it('names the level only when it is not info', () => {
    expect(plain('orders', pino({ level: 50, msg: 'no broker' }))).toBe(
      '10:15:30.250 [orders]    ERROR no broker',
    );
    expect(plain('orders', pino({ msg: 'x' }))).not.toContain('INFO');
  });

  it('shows the ids, always in the same order, and no other field', () => {
    const line = pino({ msg: 'm', correlationId: 'c', orderId: 'o', secret: 's', type: 'order.created' });
    expect(plain('orders', line)).toBe(
      '10:15:30.250 [orders]    m orderId=o type=order.created correlationId=c',
    );
  });

  it('takes a time written as text', () => {
    expect(plain('orders', pino({ time: '2026-11-22T10:15:30.250Z', msg: 'm' }))).toContain('10:15:30.250');
  });

  it("ends with the error's stack", () => {
    const line = pino({ level: 50, msg: 'failed', err: { message: 'boom', stack: 'Error: boom\n    at x' } });
    expect(plain('orders', line)).toBe('10:15:30.250 [orders]    ERROR failed\nError: boom\n    at x');
  });

  it.each(['plain text', '{"not":"pino"}', '{broken json', ''])('passes %j on as it is', (line) => {
    expect(plain('gateway', line)).toBe(`[gateway]   ${line}`);
  });
});

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '@comanda/messaging';
import { afterAll, expect, test } from '@jest/globals';
import { forgetRunningBroker, noteRunningBroker } from './broker-note.js';
import { findRunningBroker } from './running-broker.js';

const folder = mkdtempSync(join(tmpdir(), 'comanda-running-broker-'));
const file = join(folder, 'rabbitmq-url');
const { TEST_RABBITMQ_URL: url = '' } = process.env;
const NOBODY = 'amqp://127.0.0.1:1';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the broker of a running platform is found by its note, which only its owner can read', async () => {
  writeFileSync(file, NOBODY, { mode: 0o644 }); // of a platform that was killed
  noteRunningBroker(folder, url);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await findRunningBroker(folder, {})).toBe(url);
  expect(await findRunningBroker(folder, { RABBITMQ_URL: '' })).toBe(url);
  forgetRunningBroker(folder);
  expect(existsSync(file)).toBe(false);
});

test('a configured broker is taken, or nothing: never another one in its place', async () => {
  noteRunningBroker(folder, NOBODY);
  expect(await findRunningBroker(folder, { RABBITMQ_URL: url })).toBe(url);
  noteRunningBroker(folder, url);
  const refused = await findRunningBroker(folder, { RABBITMQ_URL: NOBODY }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Unavailable);
  expect(String(refused)).toContain('RABBITMQ_URL is set');
});

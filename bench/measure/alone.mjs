import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latencyFigures } from './figures.mjs';
import { idleLatencies } from './idle.mjs';
import { answersAtRate, completedUnderLoad } from './load.mjs';

const IDLE_ORDERS = 250;
const WARM_UP_ORDERS = 50;

/**
 * Measures one subject with nothing beside it.
 *
 * @param {import('./subject.mjs').Start} start
 * @returns {Promise<{ idleP50: number, idleP99: number, accepted: number, completed: number, answerP99: number }>}
 *   milliseconds, and orders per second; `answerP99` at 200 orders a second
 */
export async function measureAlone(start, { rabbitUrl, redisUrl, seconds, connections }) {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-bench-'));
  const subject = await start({ rabbitUrl, redisUrl, directory });
  try {
    await idleLatencies(subject, WARM_UP_ORDERS);
    const idle = latencyFigures(await idleLatencies(subject, IDLE_ORDERS));
    const answers = await answersAtRate(subject, { perSecond: 200, seconds });
    const load = await completedUnderLoad(subject, { seconds, connections });
    return {
      idleP50: idle.p50,
      idleP99: idle.p99,
      accepted: load.acceptedPerSecond,
      completed: load.completedPerSecond,
      answerP99: answers.p99,
    };
  } finally {
    await subject.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `node <reference>/run.mjs`: a reference by itself, against the servers that the environment names. */
export async function printAlone(start) {
  const figures = await measureAlone(start, {
    rabbitUrl: process.env.RABBITMQ_URL ?? 'amqp://guest:guest@localhost:5672',
    redisUrl: process.env.REDIS_URL ?? 'redis://localhost:6379',
    seconds: Number(process.env.SECONDS ?? 8),
    connections: Number(process.env.CONNECTIONS ?? 128),
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child.mjs';
import { rounded } from './figures.mjs';

const LOOK_EVERY_MS = 100;
/** Counting takes the longer the more orders there are; it must not become part of what is measured. */
const LOOK_COST_FACTOR = 10;
/** Nothing was completed for so long: what is missing by then was lost. */
const STALLED_MS = 10_000;

/**
 * P1: orders completed end to end per second. The clock runs from the first order placed until all accepted ones
 * are confirmed, so a backlog that forms under load counts against the subject.
 *
 * @param {import('./subject.mjs').Subject} subject
 */
export async function completedUnderLoad(subject, { seconds, connections }) {
  const before = await subject.completed();
  const load = await generate('flood', subject.order(), { seconds, connections });
  const { completed, at } = await completion(subject, before, load.accepted);
  const elapsed = (at - load.startedAt) / 1000;
  const settled = await subject.settle?.();
  return {
    completedPerSecond: rounded(completed / elapsed),
    ...(settled && { withWebhooksPerSecond: withWebhooks(load, { completed, at }, settled) }),
    acceptedPerSecond: rounded(load.accepted / seconds),
    accepted: load.accepted,
    completed,
    elapsedSeconds: rounded(elapsed),
    refused: load.refused,
    errors: load.errors,
    answerP50: load.answerP50,
    answerP99: load.answerP99,
    ...settled,
  };
}

/**
 * P1w: P1's orders and P1's clock, which runs on until the last of their webhooks has arrived. A webhook that never
 * came takes its order out.
 */
function withWebhooks(
  { startedAt },
  { completed, at },
  { webhooksExpected, webhooksReceived, lastWebhookAt },
) {
  const seconds = (Math.max(at, lastWebhookAt) - startedAt) / 1000;
  return rounded(Math.max(0, completed - (webhooksExpected - webhooksReceived)) / seconds);
}

/** P3: how long the answer to a POST takes at a steady rate. */
export async function answersAtRate(subject, options) {
  const figures = await generate('paced', subject.order(), { warmUpSeconds: 2, ...options });
  await subject.settle?.();
  return figures;
}

/** How long a read takes at a steady rate. */
export const readsAtRate = (target, options) =>
  generate('paced', { method: 'GET', ...target }, { warmUpSeconds: 1, ...options });

async function generate(job, target, options) {
  const { promise: answer, resolve } = Promise.withResolvers();
  const generator = await startChild(new URL('./load-process.mjs', import.meta.url), {
    onMessage: ({ figures }) => resolve(figures),
  });
  generator.send({ job, target, options });
  return Promise.race([answer, generator.failed]);
}

/** When the accepted orders were all done, or the moment of the last one when some never are. */
async function completion(subject, before, accepted) {
  let completed = 0;
  let at = Date.now();
  for (;;) {
    const looked = performance.now();
    const now = (await subject.completed()) - before;
    const cost = performance.now() - looked;
    if (now > completed) {
      completed = now;
      at = Date.now();
    }
    if (completed >= accepted || Date.now() - at > STALLED_MS) return { completed, at };
    await delay(Math.max(LOOK_EVERY_MS, LOOK_COST_FACTOR * cost));
  }
}

import {
  DEFAULT_TENANT,
  ListOutdatedDeadLetters,
  ListOutdatedSecrets,
  ResealSecrets,
  type ResultOf,
  SealedKind,
} from '@comanda/contracts';
import type { Requester } from '@comanda/messaging';
import { asking, contextOf } from '../operator.js';
import { print } from '../print.js';
import { Refused } from '../refused.js';

const [DONE, SOME_LEFT] = [0, 1];
/** As many are sealed anew in one transaction. */
const PAGE = 100;
const TIMEOUT_MS = 30_000;
const context = contextOf('secrets');
const toRead = { ...context(DEFAULT_TENANT), subject: 'secrets', timeoutMs: TIMEOUT_MS };

type Outdated = ResultOf<typeof ListOutdatedSecrets>['items'];

/**
 * Has webhook-publisher, which alone has the keys, seal with its first key what another one sealed; resolves with the
 * exit code. What can't be opened, and dead letters that only an older key opens, are named and left.
 */
export const resealSecrets = (): Promise<number> => asking('secrets', reseal);

async function reseal(requester: Requester): Promise<number> {
  const counts = { resealed: 0, left: 0 };
  for (const kind of SealedKind.options)
    for await (const page of outdated(requester, kind))
      for (const [tenantId, ids] of byTenant(page)) {
        const to = { ...context(tenantId), subject: tenantId, timeoutMs: TIMEOUT_MS };
        const answer = await requester.ask(ResealSecrets, { kind, ids }, to);
        if (!answer.ok) throw new Refused(answer.refusal);
        const { resealed, failed } = answer.result;
        for (const { id, reason } of failed) print(`${tenantId} ${kind} ${id} can't be opened: ${reason}`);
        counts.resealed += resealed;
        counts.left += failed.length;
      }
  for await (const { tenantId, messageId } of outdatedDeadLetters(requester)) {
    print(`${tenantId} dead letter ${messageId} needs an older key: replay or discard it first`);
    counts.left += 1;
  }
  print(`${counts.resealed} sealed anew with the first key, ${counts.left} left as they were`);
  return counts.left === 0 ? DONE : SOME_LEFT;
}

/** Page by page, behind the last one that was seen: what can't be opened is not met twice. */
async function* outdated(requester: Requester, kind: SealedKind): AsyncGenerator<Outdated> {
  for (let cursor: string | undefined; ; ) {
    const data = { kind, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const answer = await requester.ask(ListOutdatedSecrets, data, toRead);
    if (!answer.ok) throw new Refused(answer.refusal);
    yield answer.result.items;
    if (answer.result.nextCursor === null) return;
    cursor = answer.result.nextCursor;
  }
}

async function* outdatedDeadLetters(
  requester: Requester,
): AsyncGenerator<ResultOf<typeof ListOutdatedDeadLetters>['items'][number]> {
  for (let cursor: string | undefined; ; ) {
    const data = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const answer = await requester.ask(ListOutdatedDeadLetters, data, toRead);
    if (!answer.ok) throw new Refused(answer.refusal);
    yield* answer.result.items;
    if (answer.result.nextCursor === null) return;
    cursor = answer.result.nextCursor;
  }
}

function byTenant(page: Outdated): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { tenantId, id } of page) found.set(tenantId, [...(found.get(tenantId) ?? []), id]);
  return found;
}

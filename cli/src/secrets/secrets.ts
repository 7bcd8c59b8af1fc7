import { DEFAULT_TENANT, ListOutdatedSecrets, ResealSecrets, type ResultOf } from '@comanda/contracts';
import type { Requester } from '@comanda/messaging';
import { asking, contextOf } from '../operator.js';
import { print } from '../print.js';
import { Refused } from '../refused.js';

const [DONE, SOME_LEFT] = [0, 1];
/** As many are sealed anew in one transaction. */
const PAGE = 100;
const TIMEOUT_MS = 30_000;
const context = contextOf('secrets');

type Outdated = ResultOf<typeof ListOutdatedSecrets>['items'];

/**
 * Has webhook-publisher, which alone has the keys, seal with its first key what another one sealed; resolves with the
 * exit code. What can't be opened is named and left.
 */
export const resealSecrets = (): Promise<number> => asking('secrets', reseal);

async function reseal(requester: Requester): Promise<number> {
  const counts = { resealed: 0, failed: 0 };
  for await (const page of outdated(requester))
    for (const [tenantId, subscriptionIds] of byTenant(page)) {
      const answer = await requester.ask(
        ResealSecrets,
        { subscriptionIds },
        { ...context(tenantId), subject: tenantId, timeoutMs: TIMEOUT_MS },
      );
      if (!answer.ok) throw new Refused(answer.refusal);
      const { resealed, failed } = answer.result;
      for (const { subscriptionId, reason } of failed)
        print(`${tenantId} ${subscriptionId} can't be opened: ${reason}`);
      counts.resealed += resealed;
      counts.failed += failed.length;
    }
  print(`${counts.resealed} sealed anew with the first key, ${counts.failed} left as they were`);
  return counts.failed === 0 ? DONE : SOME_LEFT;
}

/** Page by page, behind the last one that was seen: what can't be opened is not met twice. */
async function* outdated(requester: Requester): AsyncGenerator<Outdated> {
  for (let cursor: string | undefined; ; ) {
    const answer = await requester.ask(
      ListOutdatedSecrets,
      { limit: PAGE, ...(cursor !== undefined && { cursor }) },
      { ...context(DEFAULT_TENANT), subject: 'secrets', timeoutMs: TIMEOUT_MS },
    );
    if (!answer.ok) throw new Refused(answer.refusal);
    yield answer.result.items;
    if (answer.result.nextCursor === null) return;
    cursor = answer.result.nextCursor;
  }
}

function byTenant(page: Outdated): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { tenantId, subscriptionId } of page)
    found.set(tenantId, [...(found.get(tenantId) ?? []), subscriptionId]);
  return found;
}

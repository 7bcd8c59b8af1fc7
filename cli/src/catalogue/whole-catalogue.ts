import { type CatalogueEntry, ReadCatalogue } from '@comanda/contracts';
import type { RequestContext, Requester } from '@comanda/messaging';
import { Refused } from '../refused.js';

const PAGE = 1_000;
const TIMEOUT_MS = 10_000;

/** All products of a tenant in pages, each as it was when it was read. Throws `Unavailable`. */
export async function* wholeCatalogue(
  requester: Requester,
  context: RequestContext,
): AsyncGenerator<readonly CatalogueEntry[]> {
  let cursor: string | undefined;
  do {
    const answer = await requester.ask(
      ReadCatalogue,
      { limit: PAGE, ...(cursor !== undefined && { cursor }) },
      { ...context, subject: context.tenantId, timeoutMs: TIMEOUT_MS },
    );
    if (!answer.ok) throw new Refused(answer.refusal);
    yield answer.result.items;
    cursor = answer.result.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

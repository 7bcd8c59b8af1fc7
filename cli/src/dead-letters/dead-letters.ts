import { DEFAULT_TENANT } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { type Action, type DeadLetterFilter, DeadLetters, positionOf } from '@comanda/operations';
import { asking, contextOf, logger, operator } from '../operator.js';
import { print, printError, printJson } from '../print.js';
import { Refused } from '../refused.js';
import { lineOfDeadLetter, lineOfOutcome } from './lines.js';

const [DONE, SOME_FAILED] = [0, 1];
const PAGE = 100;
const TIMEOUT_MS = 30_000;
const context = contextOf('dead-letters');

interface Filter {
  readonly queue: string | undefined;
  readonly type: string | undefined;
  readonly tenantId: string | undefined;
}

interface ActOptions {
  /** All that the filter names when left out. */
  readonly id: string | undefined;
  readonly filter: Filter;
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** Resolves with the exit code, as the other two do. */
export const listDeadLetters = (filter: Filter, json: boolean): Promise<number> =>
  onDeadLetters(async (deadLetters) => {
    for await (const deadLetter of everyDeadLetter(deadLetters, filter))
      if (json) printJson(deadLetter);
      else print(lineOfDeadLetter(deadLetter));
    return DONE;
  });

export const showDeadLetter = (messageId: string, filter: Filter): Promise<number> =>
  onDeadLetters(async (deadLetters) => {
    const [asker, which] = askedFor(filter);
    const found = await deadLetters.find(asker, { ...which, messageId });
    if ('kind' in found) return failed(lineOfOutcome(found, false));
    printJson(found, 2);
    return DONE;
  });

export const actOnDeadLetters = (
  kind: Action['kind'],
  { id, filter, dryRun, force }: ActOptions,
): Promise<number> =>
  onDeadLetters((deadLetters) => {
    const action = { kind, by: operator(), dryRun, force };
    return id === undefined
      ? actOnAll(deadLetters, filter, action)
      : actOnOne(deadLetters, id, filter, action);
  });

/** Who asks, and for which dead letters: those of one tenant, or of all. */
function askedFor({ tenantId, ...filter }: Filter): [RequestContext, DeadLetterFilter] {
  return [context(tenantId ?? DEFAULT_TENANT), { ...filter, everyTenant: tenantId === undefined }];
}

const onDeadLetters = (act: (deadLetters: DeadLetters) => Promise<number>): Promise<number> =>
  asking('dead-letters', (requester) => {
    const deadLetters = new DeadLetters(async (request, data, asker, subject) => {
      const answer = await requester.ask(request, data, { ...asker, subject, timeoutMs: TIMEOUT_MS });
      if (!answer.ok) throw new Refused(answer.refusal);
      return answer.result;
    }, logger);
    return act(deadLetters);
  });

async function actOnOne(
  deadLetters: DeadLetters,
  messageId: string,
  filter: Filter,
  action: Action,
): Promise<number> {
  const [asker, which] = askedFor(filter);
  const outcome = await deadLetters.actOn(asker, { ...which, messageId }, action);
  const line = lineOfOutcome(outcome, action.dryRun);
  if (outcome.kind !== 'replayed' && outcome.kind !== 'discarded') return failed(line);
  print(line);
  return DONE;
}

async function actOnAll(deadLetters: DeadLetters, filter: Filter, action: Action): Promise<number> {
  const { kind, dryRun } = action;
  const counts = { done: 0, refused: 0 };
  for await (const outcome of deadLetters.actOnAll(...askedFor(filter), action)) {
    counts[outcome.kind === 'refused' ? 'refused' : 'done']++;
    print(lineOfOutcome(outcome, dryRun));
  }
  const done = { replay: 'put back', discard: 'discarded' }[kind];
  print(`${counts.done} ${dryRun ? `would be ${done}` : done}, ${counts.refused} refused`);
  return counts.refused === 0 ? DONE : SOME_FAILED;
}

function failed(line: string): number {
  printError(line);
  return SOME_FAILED;
}

async function* everyDeadLetter(deadLetters: DeadLetters, filter: Filter) {
  const asked = askedFor(filter);
  for (let page = await deadLetters.list(...asked, { limit: PAGE }); ; ) {
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    page = await deadLetters.list(...asked, { limit: PAGE, after: positionOf(last) });
  }
}

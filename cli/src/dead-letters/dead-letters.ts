import { DeadLetters } from '@comanda/messaging';
import { deadLetterSettings, readConfig } from '@comanda/service-kit';
import { z } from 'zod';
import { connected, logger, onBroker, operator } from '../operator.js';
import { print } from '../print.js';
import { lineOfLetter, lineOfOutcome } from './lines.js';

const [DONE, SOME_FAILED] = [0, 1];
const PAGE = 1_000;

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
  onDeadLetters(async (letters) => {
    for await (const letter of everyLetter(letters, filter))
      print(json ? JSON.stringify(letter) : lineOfLetter(letter));
    return DONE;
  });

export const showDeadLetter = (messageId: string, filter: Filter): Promise<number> =>
  onDeadLetters(async (letters) => {
    const found = await letters.find({ ...filter, messageId });
    if ('kind' in found) return failed(lineOfOutcome(found, false));
    print(JSON.stringify(found, null, 2));
    return DONE;
  });

export const actOnDeadLetters = (kind: 'replay' | 'discard', options: ActOptions): Promise<number> =>
  onDeadLetters((letters) =>
    options.id === undefined
      ? actOnAll(letters, kind, options)
      : actOnOne(letters, kind, options.id, options),
  );

const onDeadLetters = (act: (letters: DeadLetters) => Promise<number>): Promise<number> =>
  onBroker('dead-letters', async (broker) => {
    const { DEAD_LETTER_REPLAY_DAYS: replayDays } = readConfig(z.object(deadLetterSettings), process.env);
    const letters = new DeadLetters(broker, { replayDays, logger });
    await connected(letters.ready());
    return await act(letters);
  });

async function actOnOne(
  letters: DeadLetters,
  kind: 'replay' | 'discard',
  messageId: string,
  { filter, dryRun, force }: ActOptions,
): Promise<number> {
  const outcome = await letters[kind]({ ...filter, messageId }, { by: operator(), dryRun, force });
  const line = lineOfOutcome(outcome, dryRun);
  if (outcome.kind !== 'replayed' && outcome.kind !== 'discarded') return failed(line);
  print(line);
  return DONE;
}

async function actOnAll(
  letters: DeadLetters,
  kind: 'replay' | 'discard',
  { filter, dryRun, force }: ActOptions,
): Promise<number> {
  const how = { by: operator(), dryRun, force };
  const counts = { done: 0, refused: 0 };
  const all = kind === 'replay' ? letters.replayAll(filter, how) : letters.discardAll(filter, how);
  for await (const outcome of all) {
    counts[outcome.kind === 'refused' ? 'refused' : 'done']++;
    print(lineOfOutcome(outcome, dryRun));
  }
  const done = { replay: 'put back', discard: 'discarded' }[kind];
  print(`${counts.done} ${dryRun ? `would be ${done}` : done}, ${counts.refused} refused`);
  return counts.refused === 0 ? DONE : SOME_FAILED;
}

function failed(line: string): number {
  console.error(line);
  return SOME_FAILED;
}

async function* everyLetter(letters: DeadLetters, filter: Filter) {
  for (let page = await letters.list(filter, { limit: PAGE }); ; ) {
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    page = await letters.list(filter, { limit: PAGE, after: letters.positionOf(last) });
  }
}

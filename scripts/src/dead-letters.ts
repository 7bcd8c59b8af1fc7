import { resolve } from 'node:path';
import { DEFAULT_TENANT } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { type DeadLetterFilter, DeadLetters, positionOf } from '@comanda/operations';
import { type Command, parseCommand, USAGE } from './dead-letters-command.js';
import { lineOfLetter, lineOfOutcome } from './dead-letters-lines.js';
import { asking, contextOf, logger, NOT_POSSIBLE, operator } from './operator.js';
import { Refused } from './refused.js';
import { print } from './terminal.js';

const [DONE, SOME_FAILED] = [0, 1];
const PAGE = 100;
const TIMEOUT_MS = 30_000;

const context = contextOf('dead-letters');

async function main(root: string): Promise<number> {
  const command = parsed();
  if (!command) return NOT_POSSIBLE;
  return await asking(root, 'dead-letters', async (requester) => {
    const letters = new DeadLetters(async (request, data, context, subject) => {
      const answer = await requester.ask(request, data, { ...context, subject, timeoutMs: TIMEOUT_MS });
      if (!answer.ok) throw new Refused(answer.refusal);
      return answer.result;
    }, logger);
    return await run(command, letters);
  });
}

function parsed(): Command | undefined {
  try {
    return parseCommand(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

async function run(command: Command, letters: DeadLetters): Promise<number> {
  const { queue, type, tenantId } = command;
  const asker = context(tenantId ?? DEFAULT_TENANT);
  const filter = { queue, type, everyTenant: tenantId === undefined };
  switch (command.kind) {
    case 'list':
      for await (const letter of everyLetter(letters, asker, filter))
        print(command.json ? JSON.stringify(letter) : lineOfLetter(letter));
      return DONE;
    case 'show': {
      const found = await letters.find(asker, { ...filter, messageId: command.messageId });
      if ('kind' in found) return failed(lineOfOutcome(found, false));
      print(JSON.stringify(found, null, 2));
      return DONE;
    }
    case 'replay':
    case 'discard':
      return act(command, letters, asker, filter);
  }
}

async function act(
  command: Extract<Command, { kind: 'replay' | 'discard' }>,
  letters: DeadLetters,
  asker: RequestContext,
  filter: DeadLetterFilter,
): Promise<number> {
  const { kind, messageId, dryRun, force } = command;
  const how = { by: operator(), dryRun, force };
  if (messageId !== undefined) {
    const outcome = await letters[kind](asker, { ...filter, messageId }, how);
    const line = lineOfOutcome(outcome, dryRun);
    if (outcome.kind !== 'replayed' && outcome.kind !== 'discarded') return failed(line);
    print(line);
    return DONE;
  }
  const counts = { done: 0, refused: 0 };
  const all =
    kind === 'replay' ? letters.replayAll(asker, filter, how) : letters.discardAll(asker, filter, how);
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

async function* everyLetter(letters: DeadLetters, asker: RequestContext, filter: DeadLetterFilter) {
  for (let page = await letters.list(asker, filter, { limit: PAGE }); ; ) {
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    page = await letters.list(asker, filter, { limit: PAGE, after: positionOf(last) });
  }
}

process.exitCode = await main(resolve(import.meta.dirname, '../..'));

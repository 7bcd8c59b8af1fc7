import { resolve } from 'node:path';
import { DeadLetters } from '@comanda/messaging';
import { deadLetterSettings, readConfig } from '@comanda/service-kit';
import { z } from 'zod';
import { type Command, parseCommand, USAGE } from './dead-letters-command.js';
import { lineOfLetter, lineOfOutcome } from './dead-letters-lines.js';
import { connected, logger, NOT_POSSIBLE, onBroker, operator } from './operator.js';
import { print } from './terminal.js';

const [DONE, SOME_FAILED] = [0, 1];
const PAGE = 1_000;

async function main(root: string): Promise<number> {
  const command = parsed();
  if (!command) return NOT_POSSIBLE;
  return await onBroker(root, 'dead-letters', async (broker) => {
    const { DEAD_LETTER_REPLAY_DAYS: replayDays } = readConfig(z.object(deadLetterSettings), process.env);
    const letters = new DeadLetters(broker, { replayDays, logger });
    await connected(letters.ready());
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
  const wanted = { queue, type, tenantId };
  switch (command.kind) {
    case 'list':
      for await (const letter of everyLetter(letters, wanted))
        print(command.json ? JSON.stringify(letter) : lineOfLetter(letter));
      return DONE;
    case 'show': {
      const found = await letters.find({ ...wanted, messageId: command.messageId });
      if ('kind' in found) return failed(lineOfOutcome(found, false));
      print(JSON.stringify(found, null, 2));
      return DONE;
    }
    case 'replay':
    case 'discard':
      return act(command, letters, wanted);
  }
}

async function act(
  command: Extract<Command, { kind: 'replay' | 'discard' }>,
  letters: DeadLetters,
  wanted: { queue?: string | undefined; type?: string | undefined; tenantId?: string | undefined },
): Promise<number> {
  const { kind, messageId, dryRun, force } = command;
  const how = { by: operator(), dryRun, force };
  if (messageId !== undefined) {
    const outcome = await letters[kind]({ ...wanted, messageId }, how);
    const line = lineOfOutcome(outcome, dryRun);
    if (outcome.kind !== 'replayed' && outcome.kind !== 'discarded') return failed(line);
    print(line);
    return DONE;
  }
  const counts = { done: 0, refused: 0 };
  const all = kind === 'replay' ? letters.replayAll(wanted, how) : letters.discardAll(wanted, how);
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

async function* everyLetter(letters: DeadLetters, wanted: Parameters<DeadLetters['list']>[0]) {
  for (let page = await letters.list(wanted, { limit: PAGE }); ; ) {
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    page = await letters.list(wanted, { limit: PAGE, after: letters.positionOf(last) });
  }
}

process.exitCode = await main(resolve(import.meta.dirname, '../..'));

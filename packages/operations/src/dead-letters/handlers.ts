import {
  accept,
  type DeadLetter,
  type DeadLetterOutcome,
  deadLetterRequestsTo,
  type ServiceName,
} from '@comanda/contracts';
import { type Effect, type Handler, on, queueOf, respond } from '@comanda/messaging';
import { deadLetterView } from './dead-letter-view.js';
import { replayBlocker } from './replay-blocker.js';
import { replayPreview } from './replay-preview.js';
import { scheduleReplay } from './replay-work.js';
import { type DeadLetterRow, deadLetters, emptied } from './table.js';

interface Decided {
  readonly outcome: DeadLetterOutcome;
  readonly effects?: readonly Effect[];
}

const rowsOf = (tenantId: string, messageIds: readonly string[]) => ({
  rows: messageIds.map((messageId) => deadLetters.lock(tenantId, messageId)),
});

/** What a service does with its dead letters when staff or an operator asks for it. */
export function deadLetterHandlers(service: ServiceName, replayDays: number): readonly Handler[] {
  const queue = queueOf(service);
  const requests = deadLetterRequestsTo(service);
  const shown = (row: DeadLetterRow, now: string): DeadLetter =>
    withoutBody(deadLetterView(queue, row, { now: new Date(now), replayDays }));
  return [
    on(requests.replay, 'replay dead letters', {
      needs: ({ tenantid, data }) => rowsOf(tenantid, data.messageIds),
      decide({ id, data: { messageIds, by, dryRun, force } }, { rows }, { now }) {
        const replay = (row: DeadLetterRow): Decided => {
          const deadLetter = shown(row, now);
          const blocker = replayBlocker(row, { now: new Date(now), replayDays });
          if (blocker && !(force && blocker.code === 'TOO_OLD'))
            return { outcome: { kind: 'refused', deadLetter, blocker } };
          const { properties, bodyBase64, messageId } = row;
          const preview = replayPreview(queue, Buffer.from(bodyBase64, 'base64'));
          const message = { properties, bodyBase64 };
          const effects = [
            deadLetters.put(emptied(row, now)),
            scheduleReplay(`${id}/${messageId}`, { queue, by, at: now, message }),
          ];
          return { outcome: { kind: 'replayed', deadLetter, preview }, effects };
        };
        return effectsOf(rows, messageIds, replay, dryRun);
      },
    }),
    on(requests.discard, 'discard dead letters', {
      needs: ({ tenantid, data }) => rowsOf(tenantid, data.messageIds),
      decide: ({ data: { messageIds, dryRun } }, { rows }, { now }) =>
        effectsOf(
          rows,
          messageIds,
          (row) => ({
            outcome: { kind: 'discarded', deadLetter: shown(row, now) },
            effects: [deadLetters.put(emptied(row, now))],
          }),
          dryRun,
        ),
    }),
  ];
}

/** A dead letter that was replayed or discarded already counts as none. */
function effectsOf(
  rows: readonly (DeadLetterRow | undefined)[],
  messageIds: readonly string[],
  decide: (row: DeadLetterRow) => Decided,
  dryRun: boolean,
): readonly Effect[] {
  const decided = messageIds.map((messageId, at): Decided => {
    const row = rows[at];
    return row?.leftAt === null ? decide(row) : { outcome: { kind: 'none', messageId } };
  });
  return [
    ...(dryRun ? [] : decided.flatMap(({ effects = [] }) => effects)),
    respond(accept({ items: decided.map(({ outcome }) => outcome) })),
  ];
}

const withoutBody = ({ body: _, bodyBase64: __, ...deadLetter }: DeadLetter): DeadLetter => deadLetter;

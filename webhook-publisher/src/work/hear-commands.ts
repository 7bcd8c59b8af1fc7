import { DEFAULT_TENANT, newId } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { defineWork, type Job, schedule } from '@comanda/messaging';
import { type Database, workTable } from '@comanda/storage';
import { z } from 'zod';
import type { ChatMessage, TelegramUpdates } from '../channels/telegram/telegram-updates.js';
import { type ChatCommand, chatCommandIn } from '../domain/chat-command.js';
import { type AnswerPayload, scheduleAnswer } from '../effects/schedule-answer.js';
import { subscriptionsOfChat } from '../storage/registered-chats.js';

/** The kind of due work that hears what people write to the bot. There is one job for each bot, so one instance polls it. */
const HEAR = 'hear commands';

/** What was written while nobody listened is not answered: who asked has helped themselves long ago. */
const STALE_MS = 60 * 60 * 1000;
/** A chat that is not registered is told so once in this time. */
const STRANGER_EVERY_MS = 60 * 60 * 1000;
/** So many of them are told; the others get no answer. */
const MOST_STRANGERS = 100;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60 * 1000;
/** After the longest wait for updates, this is left to look up whose chats they came from. */
const SPARE_SECONDS = 5;

const HearPayload = z.object({
  /** The first update that has not been heard. */
  offset: z.int().optional(),
  /** How often the last polls have failed. */
  failures: z.int().min(0).default(0),
  /** Chats that are not registered, and when they were told so, in milliseconds since the epoch. */
  strangers: z.record(z.string(), z.number()).default({}),
});
type HearPayload = z.output<typeof HearPayload>;

export interface HearOptions {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly updates: Pick<TelegramUpdates, 'bot' | 'longestSeconds' | 'next'>;
  readonly clock: () => Date;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** A command, and by whom it is to be answered. */
interface Asked {
  readonly id: string;
  readonly answer: AnswerPayload;
}

type Heard =
  | { readonly kind: 'heard'; readonly asked: readonly Asked[]; readonly next: HearPayload }
  | { readonly kind: 'failed' }
  | { readonly kind: 'stopped' }
  /** The token names another bot now. */
  | { readonly kind: 'former bot' };

/**
 * Polls the bot's updates. Each command becomes due work, in one transaction with the number up to which all is heard, and
 * only while the lease holds: whatever dies in between, a command is answered, and by one instance.
 */
export function hearCommands(options: HearOptions) {
  const stopping = new AbortController();
  return defineWork({
    kind: HEAR,
    payload: HearPayload,
    leaseSeconds: options.updates.longestSeconds + SPARE_SECONDS,
    concurrency: 1,
    stop: () => stopping.abort(),
    run: (job) => hear(job, options, stopping.signal),
    needs: () => ({}),
    decide({ id, payload }, heard, _rows, { now }) {
      const again = (after: HearPayload, pauseMs = 0) =>
        schedule({ work: HEAR, id, payload: after, dueAt: later(now, pauseMs) });
      switch (heard.kind) {
        case 'former bot':
          return [];
        case 'stopped':
          return [again(payload)];
        case 'failed':
          return [again({ ...payload, failures: payload.failures + 1 }, pauseAfter(payload.failures))];
        case 'heard':
          return [
            again(heard.next),
            // A moment apart: that is their order.
            ...heard.asked.map(({ id, answer }, at) => scheduleAnswer(id, later(now, at), answer)),
          ];
      }
    },
  });
}

async function hear(
  { id, payload }: Job<HearPayload>,
  { database, updates, clock, logger }: HearOptions,
  signal: AbortSignal,
): Promise<Heard> {
  if (id !== updates.bot) return { kind: 'former bot' };
  const got = await updates.next(payload.offset, signal);
  if (got.kind === 'stopped') return got;
  if (got.kind === 'failed') {
    if (payload.failures === 0)
      logger.warn({ reason: got.why }, 'commands in Telegram are not heard at the moment: polling fails');
    return { kind: 'failed' };
  }
  if (payload.failures > 0) logger.info({}, 'commands in Telegram are heard again');
  const now = clock().getTime();
  const strangers = Object.fromEntries(
    Object.entries(payload.strangers).filter(([, at]) => at > now - STRANGER_EVERY_MS),
  );
  const asked: Asked[] = [];
  for (const message of got.messages) {
    const command = chatCommandIn(message.text);
    if (!command || message.sentAt < now - STALE_MS) continue;
    const registered = await askersOf(message, command, database);
    if (registered.length > 0) asked.push(...registered);
    else if (strangers[message.chatId] === undefined && Object.keys(strangers).length < MOST_STRANGERS) {
      strangers[message.chatId] = now;
      asked.push({ id: String(message.updateId), answer: answerTo(message, command) });
    }
  }
  const offset = got.offset ?? payload.offset;
  return { kind: 'heard', asked, next: { ...(offset !== undefined && { offset }), failures: 0, strangers } };
}

/** One answer for each tenant that has registered the chat. */
async function askersOf(
  message: ChatMessage,
  command: ChatCommand,
  database: HearOptions['database'],
): Promise<Asked[]> {
  const { chatId, chatName: name } = message;
  const tenants = Map.groupBy(await subscriptionsOfChat(database, { chatId, name }), (row) => row.tenantId);
  return [...tenants].map(([tenantId, rows]) => ({
    id: `${message.updateId} ${tenantId}`,
    answer: {
      ...answerTo(message, command),
      asker: {
        tenantId,
        subscriptionIds: rows.map(({ subscriptionId }) => subscriptionId),
        language: rows[0]?.locale ?? 'en',
        named: tenants.size > 1,
      },
    },
  }));
}

const answerTo = ({ chatId, sentAt }: ChatMessage, command: ChatCommand): AnswerPayload => ({
  ...{ chatId, command, failures: 0, settled: false },
  at: new Date(sentAt).toISOString(),
});

const pauseAfter = (failures: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);

const later = (now: string, ms: number): string => new Date(Date.parse(now) + ms).toISOString();

/** Writes down the job of a bot, unless it is there. Run at each start: it goes on where the bot was heard last. */
export async function keepHearing(bot: string, database: Database, clock: () => Date): Promise<void> {
  await database.transaction(
    async (sql) => {
      const there = await sql.loadRows({ table: workTable, keys: [[HEAR, bot]], lock: true });
      if (there.length > 0) return;
      const cause = { id: newId(), tenantid: DEFAULT_TENANT, correlationid: newId() };
      const job = {
        ...{ kind: HEAR, id: bot, tenantId: DEFAULT_TENANT, key: '', dueAt: clock().toISOString() },
        ...{ attempt: 0, fence: 0, payload: {}, cause },
      };
      // It fails when another instance was faster, and then this transaction is run again.
      await sql.insertRows(workTable, [workTable.encode(job)]);
    },
    [DEFAULT_TENANT],
  );
}

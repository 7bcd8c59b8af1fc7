import { Language } from '@comanda/contracts';
import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { ChatCommand } from '../domain/chat-command.js';

/** The kind of due work that answers a command. Its line is the chat: a chat is answered in the order in which it asked. */
export const ANSWER = 'answer command';

export const AnswerPayload = z.object({
  chatId: z.string(),
  /** About whom is asked; nobody in a chat that is not registered. */
  asker: z
    .object({
      tenantId: z.string(),
      /** Those of its subscriptions that send to the chat. */
      subscriptionIds: z.array(z.string()),
      language: Language,
      /** The answer names the tenant, because the chat is several tenants'. */
      named: z.boolean(),
    })
    .optional(),
  command: ChatCommand,
  /** When it was asked, RFC 3339. */
  at: z.string(),
  /** How often the answer could not be sent. */
  failures: z.int().min(0).default(0),
  /** What it changes is changed, and a later command may have changed it again: it is only to be said. */
  settled: z.boolean().default(false),
});
export type AnswerPayload = z.output<typeof AnswerPayload>;

/** @param id the same when the command is heard once more: then it is answered once more, or still */
export const scheduleAnswer = (id: string, dueAt: string, payload: z.input<typeof AnswerPayload>): Effect =>
  schedule({ work: ANSWER, id, dueAt, payload, key: payload.chatId });

import type { ReceiverCase } from './receivers.js';

/** A chat, and all that must be true after one event was on its way to it. */
export interface ChatCase
  extends Omit<ReceiverCase, 'says' | 'unhealthy' | 'twice' | 'failingForMs' | 'last'> {
  readonly target: string;
  readonly says: string;
  readonly movedTo?: string;
  /** To messages that go there. */
  readonly saysThere?: string;
}

const answer = (status: number, body: object | string): string => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `HTTP/1.1 ${status} Said\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
};
const refusal = (error_code: number, description: string, parameters: object = {}): string =>
  answer(error_code, { ok: false, error_code, description, parameters });
const SENT = answer(200, { ok: true, result: { message_id: 7 } });
const CLOSED = 'what followed the status could not be read: the connection was closed';

export const CHATS: Readonly<Record<string, ChatCase>> = {
  sent: { target: '1', says: SENT, requests: 1, status: 'DELIVERED', code: 200, body: '{"messageId":7}' },
  'sent, and then the answer is cut off': {
    target: '2',
    says: 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"ok":true,"result":{"messa',
    requests: 1,
    status: 'DELIVERED',
    code: 200,
    note: `${CLOSED}; the answer is none of the Bot API`,
  },
  'something that is none of its answers': {
    target: '3',
    says: answer(200, '<html>'),
    requests: 1,
    status: 'DELIVERED',
    code: 200,
    note: 'the answer is none of the Bot API',
  },
  'that it became a supergroup': {
    target: '-4',
    movedTo: '-1004',
    says: refusal(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -1004 }),
    saysThere: SENT,
    requests: 2,
    status: 'DELIVERED',
    code: 200,
  },
  'that it became one which refuses': {
    target: '-5',
    movedTo: '-1005',
    says: refusal(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: '-1005' }),
    saysThere: refusal(400, 'Bad Request: chat not found'),
    requests: 2,
    status: 'FAILED',
    code: 400,
    disabled: 'Telegram answered 400 Bad Request: chat not found',
  },
  'that the bot was blocked': {
    target: '6',
    says: refusal(403, 'Forbidden: bot was blocked by the user'),
    requests: 1,
    status: 'FAILED',
    code: 403,
    disabled: 'Telegram answered 403 Forbidden: bot was blocked by the user',
  },
  'that the bot was thrown out': {
    target: '-7',
    says: refusal(403, 'Forbidden: bot was kicked from the group chat'),
    requests: 1,
    status: 'FAILED',
    code: 403,
    disabled: 'Telegram answered 403 Forbidden: bot was kicked from the group chat',
  },
  'that there is none': {
    target: '8',
    says: refusal(400, 'Bad Request: chat not found'),
    requests: 1,
    status: 'FAILED',
    code: 400,
    body: 'Bad Request: chat not found',
    disabled: 'Telegram answered 400 Bad Request: chat not found',
  },
  'that the group was deleted': {
    target: '-11',
    says: refusal(400, 'Bad Request: group chat was deleted'),
    requests: 1,
    status: 'FAILED',
    code: 400,
    disabled: 'Telegram answered 400 Bad Request: group chat was deleted',
  },
  'that the text is none': {
    target: '12',
    says: refusal(400, "Bad Request: can't parse entities"),
    requests: 1,
    status: 'FAILED',
    code: 400,
  },
  wait: {
    target: '9',
    says: refusal(429, 'Too Many Requests', { retry_after: 1800 }),
    requests: 1,
    status: 'PENDING',
    code: 429,
    waits: 1800,
  },
  'wait, in text': {
    target: '10',
    says: refusal(429, 'Too Many Requests', { retry_after: '1800' }),
    requests: 1,
    status: 'PENDING',
    code: 429,
    waits: 1800,
  },
};

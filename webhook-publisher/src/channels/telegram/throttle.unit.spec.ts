import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askToSend, recordHold, recordSent, type ThrottleState, UNUSED_THROTTLE } from './throttle.js';

const start = 1_700_000_000_000;

/** Behaves as a patient caller: sends whenever it may, and otherwise waits until the time that the throttle names. */
function sendAll(chats: readonly string[]): { readonly chatId: string; readonly at: number }[] {
  let state: ThrottleState = UNUSED_THROTTLE;
  let now = start;
  return chats.map((chatId) => {
    for (
      let asked = askToSend(state, chatId, now);
      asked.kind === 'wait';
      asked = askToSend(state, chatId, now)
    ) {
      expect(asked.untilMs).toBeGreaterThan(now);
      now = asked.untilMs;
    }
    state = recordSent(state, chatId, now);
    return { chatId, at: now };
  });
}

describe('the throttle', () => {
  test('lets the first message through and holds the second of a chat for a second', () => {
    const state = recordSent(UNUSED_THROTTLE, '42', start);
    expect(askToSend(UNUSED_THROTTLE, '42', start)).toEqual({ kind: 'send' });
    expect(askToSend(state, '42', start + 1)).toEqual({ kind: 'wait', untilMs: start + 1000 });
    expect(askToSend(state, '42', start + 1000)).toEqual({ kind: 'send' });
    expect(askToSend(state, '43', start + 1)).toEqual({ kind: 'send' });
  });

  test('holds the 21st message of a minute in a group, but not in a private chat', () => {
    const toGroup = sendAll(Array.from({ length: 21 }, () => '-100'));
    expect(toGroup.at(19)?.at).toBe(start + 19_000);
    expect(toGroup.at(20)?.at).toBe(start + 60_000);
    const toPerson = sendAll(Array.from({ length: 21 }, () => '100'));
    expect(toPerson.at(20)?.at).toBe(start + 20_000);
  });

  test('holds the 31st message of a second, whichever the chat', () => {
    const sent = sendAll(Array.from({ length: 31 }, (_, n) => String(n)));
    expect(sent.at(29)?.at).toBe(start);
    expect(sent.at(30)?.at).toBe(start + 1000);
  });

  test('leaves a chat alone for as long as the API asked, and only that chat', () => {
    const state = recordHold(UNUSED_THROTTLE, { chatId: '42', untilMs: start + 35_000, now: start });
    expect(askToSend(state, '42', start + 34_999)).toEqual({ kind: 'wait', untilMs: start + 35_000 });
    expect(askToSend(state, '42', start + 35_000)).toEqual({ kind: 'send' });
    expect(askToSend(state, '43', start)).toEqual({ kind: 'send' });
  });

  test('forgets what no longer matters', () => {
    let state = recordSent(UNUSED_THROTTLE, '1', start);
    state = recordHold(state, { chatId: '1', untilMs: start + 10, now: start });
    state = recordHold(state, { chatId: '2', untilMs: start + 70_000, now: start + 61_000 });
    state = recordSent(state, '3', start + 61_000);
    expect(state.sent.map(({ chatId }) => chatId)).toEqual(['3']);
    expect([...state.holds.keys()]).toEqual(['2']);
  });

  test('keeps every limit for any sequence of chats', () => {
    const chat = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 1000 })).map(String);
    fc.assert(
      fc.property(fc.array(chat, { maxLength: 120 }), (chats) => {
        const sent = sendAll(chats);
        for (const { chatId, at } of sent) {
          const inWindow = (ms: number) => sent.filter((other) => other.at > at - ms && other.at <= at);
          expect(inWindow(1000).length).toBeLessThanOrEqual(30);
          expect(inWindow(1000).filter((other) => other.chatId === chatId).length).toBe(1);
          if (!chatId.startsWith('-')) continue;
          expect(inWindow(60_000).filter((other) => other.chatId === chatId).length).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});

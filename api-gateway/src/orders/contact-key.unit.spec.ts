import { GetContactKey } from '@comanda/contracts';
import { type Requester, Unavailable } from '@comanda/messaging';
import { RecordingLogger } from '@comanda/test-kit';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Logger } from 'pino';
import { ContactKey } from './contact-key.js';

const context = { tenantId: 'default', correlationId: 'c' };

/** What webhook-publisher answers; `undefined` while it is away. */
let answer: string | undefined;
let questions: unknown[];
let kept: Map<string, string>;
let storing: 'works' | 'fails';
beforeEach(() => {
  answer = 'key-1';
  questions = [];
  kept = new Map();
  storing = 'works';
});

/** A gateway that has just started. */
const started = () =>
  new ContactKey(
    {
      ask: (async (query: unknown) => {
        questions.push(query);
        if (answer === undefined) throw new Unavailable('service', 'it is away');
        return { ok: true, result: { sealFor: answer } };
      }) as unknown as Requester['ask'],
    },
    new RecordingLogger() as unknown as Logger,
    { PRODUCT_LOOK_UP_MS: 100 },
    {
      find: async (service) => kept.get(service),
      keep: async (service, key) => {
        if (storing === 'fails') throw new Error('the disk is full');
        kept.set(service, key);
      },
    },
  );

describe('the key for which contacts are sealed', () => {
  test('is what webhook-publisher says, asked once a while, and kept', async () => {
    const keys = started();
    expect([await keys.find(context), await keys.find(context)]).toEqual(['key-1', 'key-1']);
    expect(questions).toEqual([GetContactKey]);
    expect([...kept]).toEqual([['webhook-publisher', 'key-1']]);
  });

  test('is the one that it said last while it is away, also after a new start', async () => {
    const before = started();
    await before.find(context);
    answer = undefined;
    expect(await started().find(context)).toBe('key-1');
    answer = 'key-2';
    expect(await started().find(context)).toBe('key-2');
    expect([...kept.values()]).toEqual(['key-2']);
  });

  test('is none before it was ever known: nothing is sent in the clear', async () => {
    answer = undefined;
    const keys = started();
    await expect(keys.find(context)).rejects.toThrow(Unavailable);
    answer = 'key-1';
    expect(await keys.find(context)).toBe('key-1');
  });

  test('is used although it could not be kept', async () => {
    storing = 'fails';
    expect(await started().find(context)).toBe('key-1');
  });
});

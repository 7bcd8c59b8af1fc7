import { expect, test } from '@jest/globals';
import { wholeTimeline } from './whole-timeline.js';

const step = (messageId: string, at: string, causationId?: string) => ({
  ...{ messageId, at, service: 's', type: 't', detail: {} },
  ...(causationId !== undefined && { causationId }),
});

test('who was told stands in the timeline at its time, after its cause, and moves no step of the order', () => {
  // A clock of another service is behind.
  const steps = [step('created', '10:00'), step('paid', '09:59'), step('confirmed', '10:02')];
  const attempts = [
    step('first', '10:00', 'created'),
    step('by a clock that is behind', '09:00', 'confirmed'),
    step('again', '10:01', 'created'),
    step('last', '10:09', 'created'),
  ];
  expect(wholeTimeline(steps, attempts).map(({ messageId }) => messageId)).toEqual([
    ...['created', 'paid', 'first', 'again', 'confirmed', 'by a clock that is behind', 'last'],
  ]);
  expect(wholeTimeline(steps, [])).toEqual(steps);
  expect(wholeTimeline([], attempts)).toEqual(attempts);
});

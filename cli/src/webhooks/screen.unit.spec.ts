import type { DeliveryView } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import picocolors from 'picocolors';
import { picture } from './picture.js';
import { EMPTY, type Input, next, type Screen, type Wish } from './screen.js';

/** The `n`th delivery to begin. */
const delivery = (n: number, own: Partial<DeliveryView> = {}): DeliveryView => ({
  deliveryId: `0192d1a4-a100-7000-8000-00000000d00${n}`,
  subscriptionId: 's',
  eventId: 'e',
  eventType: 'order.confirmed',
  orderId: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001',
  status: 'PENDING',
  createdAt: `2026-01-31T12:00:0${n}.000Z`,
  ...own,
});
const changed = (...deliveries: DeliveryView[]): Input => ({ kind: 'changed', deliveries });
const key = (name: string): Input => ({ kind: 'key', name });

function after(...inputs: Input[]): { screen: Screen; wishes: Wish[] } {
  let screen = EMPTY;
  const wishes: Wish[] = [];
  for (const input of inputs) {
    const { screen: then, wish } = next(screen, input);
    screen = then;
    if (wish) wishes.push(wish);
  }
  return { screen, wishes };
}
const shown = (screen: Screen, own: { rows?: number; columns?: number; colours?: boolean } = {}) =>
  picture(screen, {
    columns: own.columns ?? 80,
    rows: own.rows ?? 8,
    colours: picocolors.createColors(own.colours ?? false),
    targetOf: () => 'hooks.example.com',
    title: 'Deliveries',
  });
const lastOf = (id: string | undefined) => id?.slice(-1);

describe('the screen of tail', () => {
  test('has the newest delivery first and each once, as it was last seen', () => {
    const { screen } = after(changed(delivery(1), delivery(2)), changed(delivery(1, { status: 'FAILED' })));
    expect(screen.deliveries.map(({ deliveryId, status }) => [lastOf(deliveryId), status])).toEqual([
      ['2', 'PENDING'],
      ['1', 'FAILED'],
    ]);
  });

  test('keys move to the next delivery and no further; the chosen one stays chosen when others come', () => {
    const both = changed(delivery(1), delivery(2));
    const selected = (...inputs: Input[]) => lastOf(after(both, ...inputs).screen.selected);
    expect(selected()).toBe('2');
    expect(selected(key('up'))).toBe('2');
    expect(selected(key('down'), key('j'))).toBe('1');
    expect(selected(key('down'), key('k'))).toBe('2');
    expect(selected(key('down'), changed(delivery(3)))).toBe('1');
    expect(after(key('down'), key('r'), key('return')).wishes).toEqual([]);
  });

  test('r sends the chosen one again, enter opens and closes its attempts, q ends', () => {
    const { deliveryId } = delivery(2);
    const both = changed(delivery(1), delivery(2));
    const opened: Input = {
      kind: 'opened',
      deliveryId,
      attempts: [
        { at: '2026-01-31T12:00:01.250Z', statusCode: 500, durationMs: 84, responseBody: 'out\nof order' },
      ],
    };
    const asked = after(both, key('r'), key('return'), opened, key('return'), key('q'), key('x'));
    expect(asked.wishes).toEqual([
      { kind: 'resend', deliveryId },
      { kind: 'open', deliveryId },
      { kind: 'quit' },
    ]);
    expect(asked.screen.opened).toBeUndefined();
    const lines = shown(after(both, key('return'), opened).screen);
    expect(lines[2]).toBe('    12:00:01.250  84 ms  500 out of order');
    // What comes for one that is chosen no more is not shown below another.
    expect(after(both, key('return'), key('down'), opened).screen.opened).toBeUndefined();
  });

  test('fits into 80 columns and as many rows as there are, with the chosen one among them', () => {
    const many = changed(
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => delivery(n, { eventType: 'webhook.subscriptionDisabled' })),
    );
    for (const rows of [4, 8, 24]) {
      const lines = shown(after(many, key('down'), key('down'), key('down'), key('down')).screen, { rows });
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      expect(lines.filter((line) => line.startsWith('>'))).toEqual([expect.stringContaining('12:00:05')]);
    }
    expect(shown(EMPTY)[1]).toContain('Nothing yet');
  });

  test('says in colours what the words say, and nothing in colours alone', () => {
    const { screen } = after(
      changed(delivery(1, { status: 'FAILED' }), delivery(2, { status: 'DELIVERED' })),
    );
    expect(shown(screen, { colours: true })[2]).toContain('\x1b[31mFAILED');
    const plain = shown(screen);
    expect(plain.join('')).not.toContain('\x1b');
    expect(plain[1]).toBe(
      '> 12:00:02  DELIVERED  order.confirmed              …6a9be001  hooks.example.com'.padEnd(80),
    );
    expect(plain[2]).toContain('FAILED');
  });

  test('does not let what a stranger wrote act on the terminal', () => {
    const { screen } = after(changed(delivery(1)), { kind: 'notice', text: 'refused: \x1b[2J\u202e' });
    for (const acting of ['\x1b', '\u202e']) expect(shown(screen).join('')).not.toContain(acting);
  });
});

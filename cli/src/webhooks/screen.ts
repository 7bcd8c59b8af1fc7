import type { AttemptView, DeliveryView } from '@comanda/contracts';

/** What the screen of `tail` knows. */
export interface Screen {
  /** The newest first, each once. */
  readonly deliveries: readonly DeliveryView[];
  /** The delivery that keys act on; it stays the same one when others come. */
  readonly selected: string | undefined;
  /** The attempts of the selected delivery, while they are looked at. */
  readonly opened: { readonly deliveryId: string; readonly attempts: readonly AttemptView[] } | undefined;
  /** What came of the last key, or why nothing comes. */
  readonly notice: string;
}

export type Input =
  | { readonly kind: 'changed'; readonly deliveries: readonly DeliveryView[] }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'opened'; readonly deliveryId: string; readonly attempts: readonly AttemptView[] }
  | { readonly kind: 'notice'; readonly text: string };

/** What a key asks for. */
export type Wish =
  | { readonly kind: 'resend'; readonly deliveryId: string }
  | { readonly kind: 'open'; readonly deliveryId: string }
  | { readonly kind: 'quit' };

export const EMPTY: Screen = { deliveries: [], selected: undefined, opened: undefined, notice: '' };

const MAX_DELIVERIES = 1_000;

/** What follows from one input: the next screen, and what is to be done. */
export function next(screen: Screen, input: Input): { screen: Screen; wish?: Wish } {
  switch (input.kind) {
    case 'changed':
      return { screen: withDeliveries(screen, input.deliveries) };
    case 'opened': {
      const { deliveryId, attempts } = input;
      return {
        screen: { ...screen, ...(screen.selected === deliveryId && { opened: { deliveryId, attempts } }) },
      };
    }
    case 'notice':
      return { screen: { ...screen, notice: input.text } };
    case 'key':
      return afterKey(screen, input.name);
  }
}

function withDeliveries(screen: Screen, changed: readonly DeliveryView[]): Screen {
  const byId = new Map([...screen.deliveries, ...changed].map((one) => [one.deliveryId, one]));
  const deliveries = [...byId.values()]
    .sort((one, other) => order(other).localeCompare(order(one)))
    .slice(0, MAX_DELIVERIES);
  const stays = deliveries.some(({ deliveryId }) => deliveryId === screen.selected);
  return stays
    ? { ...screen, deliveries }
    : { ...screen, deliveries, selected: deliveries[0]?.deliveryId, opened: undefined };
}

const order = ({ createdAt, deliveryId }: DeliveryView): string => `${createdAt} ${deliveryId}`;

function afterKey(screen: Screen, name: string): { screen: Screen; wish?: Wish } {
  const { selected } = screen;
  switch (name) {
    case 'up':
    case 'k':
      return { screen: moved(screen, -1) };
    case 'down':
    case 'j':
      return { screen: moved(screen, 1) };
    case 'r':
      return selected === undefined
        ? { screen }
        : {
            screen: { ...screen, notice: `sending ${selected} again` },
            wish: { kind: 'resend', deliveryId: selected },
          };
    case 'return':
      if (screen.opened !== undefined) return { screen: { ...screen, opened: undefined } };
      return selected === undefined ? { screen } : { screen, wish: { kind: 'open', deliveryId: selected } };
    case 'q':
      return { screen, wish: { kind: 'quit' } };
    default:
      return { screen };
  }
}

function moved(screen: Screen, by: number): Screen {
  const { deliveries, selected } = screen;
  const at = deliveries.findIndex(({ deliveryId }) => deliveryId === selected);
  const to = deliveries[Math.min(Math.max(at + by, 0), deliveries.length - 1)];
  return to === undefined || to.deliveryId === selected
    ? screen
    : { ...screen, selected: to.deliveryId, opened: undefined, notice: '' };
}

import { type AttemptView, type DeliveryView, oneLine } from '@comanda/contracts';
import type { Colors } from 'picocolors/types.js';
import type { Screen } from './screen.js';

export interface PictureOptions {
  readonly columns: number;
  readonly rows: number;
  readonly colours: Pick<Colors, 'bold' | 'dim' | 'green' | 'inverse' | 'red' | 'yellow'>;
  /** Where a subscription sends, as people know it. */
  readonly targetOf: (subscriptionId: string) => string;
  /** What is followed, in words. */
  readonly title: string;
}

const HEAD_AND_FOOT = 3;
const KEYS = 'up/down select  enter attempts  r resend  q quit';
/** An answer may be long; its beginning says what it is. */
const MAX_ATTEMPT_LINES = 8;

/** One line about a delivery, as wide as a terminal of 80 columns has room for. */
export function lineOf(delivery: DeliveryView, targetOf: PictureOptions['targetOf']): string {
  const { createdAt, status, eventType, orderId, deliveryId, subscriptionId } = delivery;
  const about = orderId === undefined ? ''.padEnd(9) : `…${orderId.slice(-8)}`;
  return [
    createdAt.slice(11, 19),
    status.padEnd(9),
    eventType.padEnd(27),
    about,
    oneLine(targetOf(subscriptionId) || deliveryId),
  ].join('  ');
}

/** The lines of the screen: as many and as wide as the terminal has room for. */
export function picture(screen: Screen, options: PictureOptions): string[] {
  const { columns, rows, colours, targetOf, title } = options;
  const room = Math.max(1, rows - HEAD_AND_FOOT);
  const opened = attemptLines(screen).slice(0, Math.min(MAX_ATTEMPT_LINES, room - 1));
  const visible = around(screen, room - opened.length);
  const body = visible.flatMap((delivery) => {
    const selected = delivery.deliveryId === screen.selected;
    const line = cut(`${selected ? '>' : ' '} ${lineOf(delivery, targetOf)}`, columns);
    const shown = selected ? colours.inverse(line.padEnd(columns)) : coloured(delivery, line, colours);
    return [shown, ...(selected ? opened.map((one) => colours.dim(cut(one, columns))) : [])];
  });
  const empty =
    screen.deliveries.length === 0 ? ['  Nothing yet: deliveries appear here as they begin.'] : [];
  const lines = [...body, ...empty.map((one) => cut(one, columns))];
  return [
    colours.bold(cut(title, columns)),
    ...lines,
    ...Array.from({ length: Math.max(0, room - lines.length) }, () => ''),
    cut(oneLine(screen.notice), columns),
    colours.dim(cut(KEYS, columns)),
  ];
}

/** Those around the selected one that there is room for. */
function around({ deliveries, selected }: Screen, room: number): readonly DeliveryView[] {
  const at = deliveries.findIndex(({ deliveryId }) => deliveryId === selected);
  const from = Math.max(0, Math.min(at - room + 1, deliveries.length - room));
  return deliveries.slice(from, from + room);
}

const coloured = ({ status }: DeliveryView, line: string, colours: PictureOptions['colours']): string => {
  const colour = {
    DELIVERED: colours.green,
    FAILED: colours.red,
    PENDING: colours.yellow,
    DROPPED: colours.dim,
  };
  return line.replace(status, colour[status]);
};

function attemptLines({ opened }: Screen): string[] {
  if (opened === undefined) return [];
  if (opened.attempts.length === 0) return ['    no attempt yet'];
  // The newest, which there is room for.
  return opened.attempts.slice(-MAX_ATTEMPT_LINES).map(attemptLine);
}

function attemptLine({ at, statusCode, durationMs, error, responseBody = '', note }: AttemptView): string {
  const what = error ?? `${statusCode ?? ''} ${oneLine(responseBody)}`.trim();
  return `    ${at.slice(11, 23)}  ${durationMs} ms  ${oneLine(what)}${note === undefined ? '' : ` (${oneLine(note)})`}`;
}

function cut(line: string, columns: number): string {
  const points = Array.from(line);
  return points.length <= columns ? line : `${points.slice(0, columns - 1).join('')}…`;
}

import { oneLine } from '@comanda/contracts';
import { z } from 'zod';
import { pc } from './colours.js';

const NAME_WIDTH = 9;

const pinoLine = z.looseObject({
  level: z.number(),
  time: z.union([z.number(), z.string()]),
  msg: z.string().default(''),
});

/** Worth reading beside the message: they tie a line to an order and to the message that caused it. */
const IDS = ['orderId', 'type', 'messageId', 'correlationId'] as const;

const LEVELS = new Map<number, (text: string) => string>([
  [10, pc.dim],
  [20, pc.dim],
  [40, pc.yellow],
  [50, pc.red],
  [60, (text) => pc.bold(pc.red(text))],
]);
const LEVEL_NAMES = new Map([
  [10, 'TRACE'],
  [20, 'DEBUG'],
  [40, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL'],
]);

const COLOURS = [pc.cyan, pc.green, pc.yellow, pc.magenta, pc.blue];
const coloursOf = new Map<string, (text: string) => string>();

/** `[orders]` padded, in the colour that this name got the first time it was seen. */
export function prefix(name: string): string {
  const colour = coloursOf.get(name) ?? COLOURS[coloursOf.size % COLOURS.length] ?? pc.cyan;
  coloursOf.set(name, colour);
  return colour(`[${name}]`.padEnd(NAME_WIDTH + 2));
}

const WARN = 40;

/** Whether a person must see a line: it warns, tells of an error, or is not from the log, as what Node itself says. */
export function isWorthReading(line: string): boolean {
  const { data } = pinoLine.safeParse(parseJson(line));
  return data === undefined ? line.trim() !== '' : data.level >= WARN;
}

/**
 * A service's log line for people: time, service, level unless it is info, message, ids, and the error's stack.
 * What is not a pino line passes as it is, after the prefix.
 */
export function formatLogLine(name: string, line: string, { stack: withStack = true } = {}): string {
  const parsed = pinoLine.safeParse(parseJson(line));
  if (!parsed.success) return `${prefix(name)} ${line}`;
  const { level, time, msg, ...fields } = parsed.data;
  const parts = [pc.dim(clock(time)), prefix(name)];
  const levelName = LEVEL_NAMES.get(level);
  if (levelName !== undefined) parts.push((LEVELS.get(level) ?? pc.bold)(levelName));
  parts.push(oneLine(typeof fields.error === 'string' ? `${msg}: ${fields.error}` : msg));
  const ids = IDS.flatMap((id) => (typeof fields[id] === 'string' ? [`${id}=${fields[id]}`] : []));
  if (ids.length > 0) parts.push(pc.dim(oneLine(ids.join(' '))));
  const stack = withStack ? stackOf(fields.err ?? fields.error) : undefined;
  return stack === undefined ? parts.join(' ') : `${parts.join(' ')}\n${pc.dim(stack)}`;
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // A line that only looks like JSON is passed on like any other text.
    return undefined;
  }
}

function clock(time: number | string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : at.toISOString().slice(11, 23);
}

const hasStack = z.looseObject({ stack: z.string() });

function stackOf(error: unknown): string | undefined {
  return hasStack.safeParse(error).data?.stack;
}

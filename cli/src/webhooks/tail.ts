import { once } from 'node:events';
import { emitKeypressEvents } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type Comanda, ComandaError, NoAnswerError } from '@comanda/client';
import picocolors from 'picocolors';
import { print, printError, printJson } from '../print.js';
import { type Changes, DeliveryFeed, type DeliveryFilter } from './feed.js';
import { lineOf, picture } from './picture.js';
import { EMPTY, type Input, next, type Screen, type Wish } from './screen.js';
import { Targets } from './targets.js';

const EVERY_MS = 1_000;
const DONE = 0;
const LEFT_OUT = 'more deliveries began than are read at once; some are left out';

export interface TailOptions {
  readonly filter: DeliveryFilter;
  /** A JSON object a line, in place of a screen. */
  readonly json: boolean;
  /** How many are shown that were there before. */
  readonly lines: number;
}

/** Shows deliveries as they happen, until it is asked to stop; resolves with the exit code. */
export function tail(api: Comanda, options: TailOptions): Promise<number> {
  const { stdin, stdout } = process;
  return !options.json && stdin.isTTY && stdout.isTTY ? onScreen(api, options) : asLines(api, options);
}

/** Sends a delivery again; resolves with the exit code. */
export async function resend(api: Comanda, deliveryId: string): Promise<number> {
  const { eventType, subscriptionId } = await sentAgain(api, deliveryId);
  print(`${deliveryId}: ${eventType} is sent again to subscription ${subscriptionId}`);
  return DONE;
}

const sentAgain = (api: Comanda, deliveryId: string) =>
  api.post('/deliveries/{deliveryId}/retry', { path: { deliveryId }, body: {} });

/** Ends when whoever reads the lines has gone, or at a signal. */
async function asLines(api: Comanda, { filter, json, lines }: TailOptions): Promise<number> {
  const targets = new Targets(api);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(DONE);
  });
  for await (const { deliveries, missed } of changes(api, filter, lines, printError)) {
    if (missed) printError(LEFT_OUT);
    if (!json) await targets.learn(deliveries.map(({ subscriptionId }) => subscriptionId));
    for (const one of deliveries)
      if (json) printJson(one);
      else print(lineOf(one, (id) => targets.of(id)));
  }
  return DONE;
}

/**
 * Every look at the deliveries. An API that does not answer is waited for, which is said once; one that refuses ends it.
 *
 * @param lost hears why there is no look
 */
async function* changes(
  api: Comanda,
  filter: DeliveryFilter,
  earlier: number,
  lost: (why: string) => void,
  signal?: AbortSignal,
): AsyncGenerator<Changes> {
  const feed = new DeliveryFeed(api, filter, earlier);
  let [answered, said] = [false, false];
  while (!signal?.aborted) {
    try {
      const looked = await feed.look();
      [answered, said] = [true, false];
      yield looked;
    } catch (error) {
      const passes = error instanceof NoAnswerError || (error instanceof ComandaError && error.status >= 500);
      if (!answered || !passes) throw error;
      if (!said) lost(error.message);
      said = true;
    }
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined); // it ends early when it is over
  }
}

/** A terminal with keys. */
async function onScreen(api: Comanda, { filter, lines }: TailOptions): Promise<number> {
  const { stdin, stdout } = process;
  const targets = new Targets(api);
  const stop = new AbortController();
  let screen: Screen = EMPTY;
  const draw = () => {
    const drawn = picture(screen, {
      ...{ columns: stdout.columns, rows: stdout.rows, colours: picocolors.createColors(withColours()) },
      ...{ targetOf: (id: string) => targets.of(id), title: titleOf(filter) },
    });
    stdout.write(`${HOME}${drawn.map((line) => line + REST_OF_LINE).join('\r\n')}${REST_OF_SCREEN}`);
  };
  const take = (input: Input) => {
    const { screen: after, wish } = next(screen, input);
    screen = after;
    draw();
    if (wish) fulfil(wish).catch(refused);
  };
  const notice = (text: string) => take({ kind: 'notice', text });
  const refused = (error: unknown) => notice(error instanceof Error ? error.message : String(error));
  const fulfil = async (wish: Wish) => {
    if (wish.kind === 'quit') return stop.abort();
    const { deliveryId } = wish;
    if (wish.kind === 'resend') {
      await sentAgain(api, deliveryId);
      return notice(`${deliveryId} is sent again`);
    }
    const { attempts } = await api.get('/deliveries/{deliveryId}', { path: { deliveryId } });
    take({ kind: 'opened', deliveryId, attempts });
  };
  const pressed = (_text: string | undefined, { name, ctrl }: { name?: string; ctrl?: boolean }) =>
    take({ kind: 'key', name: ctrl && name === 'c' ? 'q' : (name ?? '') });
  const ended = () => stop.abort();

  emitKeypressEvents(stdin);
  stdin.setRawMode(true).on('keypress', pressed).resume();
  stdout.on('resize', draw).write(ENTER_SCREEN);
  process.on('SIGTERM', ended).on('SIGHUP', ended);
  try {
    draw();
    for await (const { deliveries, missed } of changes(api, filter, lines, notice, stop.signal)) {
      await targets.learn(deliveries.map(({ subscriptionId }) => subscriptionId));
      if (missed) notice(LEFT_OUT);
      take({ kind: 'changed', deliveries });
    }
    return DONE;
  } finally {
    stdin.setRawMode(false).off('keypress', pressed).pause();
    stdout.off('resize', draw).write(LEAVE_SCREEN);
    process.off('SIGTERM', ended).off('SIGHUP', ended);
    if (stdout.writableNeedDrain) await once(stdout, 'drain');
  }
}

/** https://no-color.org: present and not empty. */
const withColours = (): boolean => (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';

const titleOf = ({ subscriptionId, orderId, status }: DeliveryFilter): string =>
  [
    'Deliveries, the newest first',
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(subscriptionId === undefined ? [] : [`subscription ${subscriptionId}`]),
    ...(orderId === undefined ? [] : [`order ${orderId}`]),
  ].join('  ');

// What a terminal understands (ECMA-48, xterm): the other screen without a cursor and without lines that wrap, and back.
const ENTER_SCREEN = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE_SCREEN = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';

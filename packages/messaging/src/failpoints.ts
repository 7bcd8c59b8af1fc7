import { writeSync } from 'node:fs';

/**
 * The places in the life of a message at which a process may die and leave something half done:
 * - `before-commit`: decided, and nothing of it is written;
 * - `after-commit`: written, and nothing of it is published;
 * - `after-publish`: with the broker, whose confirm was not taken in yet;
 * - `after-confirm`: confirmed, and the message that caused it is not acked;
 * - `during-external-call`: done outside, and the result is not written.
 */
export const FAILPOINTS = [
  'before-commit',
  'after-commit',
  'after-publish',
  'after-confirm',
  'during-external-call',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

export interface CrashPoint {
  readonly failpoint: Failpoint;
  /** Only for this type of message or kind of work; for any when left out. */
  readonly type: string | undefined;
  /** How often it has to be passed: 1 is the first time. */
  readonly time: number;
}

const CRASH_POINT = /^(?<failpoint>[a-z-]+)(?:@(?<type>[\w.-]+))?(?::(?<time>[1-9]\d{0,5}))?$/;

/** Reads `<failpoint>[@<type>][:<n>]`, like `before-commit@payment.completed:2`; `undefined` when it is none. */
export function crashPointOf(text: string): CrashPoint | undefined {
  const { failpoint: name, type, time = '1' } = CRASH_POINT.exec(text)?.groups ?? {};
  const failpoint = FAILPOINTS.find((one) => one === name);
  return failpoint && { failpoint, type, time: Number(time) };
}

let armed: CrashPoint | undefined;
let passed = 0;

/** From now on the process dies at this place. For tests: the service kit refuses it in production. */
export function armCrash(point: CrashPoint): void {
  armed = point;
}

/**
 * Stands where a process may die. Does nothing unless a test has armed it; then the process ends here by SIGKILL,
 * with no chance to finish anything.
 *
 * @param passing the type of the message or the kind of the work that passes here, or all of a batch
 */
export function failpoint(name: Failpoint, passing: string | readonly { readonly type: string }[]): void {
  if (armed === undefined || armed.failpoint !== name) return;
  const types = typeof passing === 'string' ? [passing] : passing.map(({ type }) => type);
  if (armed.type !== undefined && !types.includes(armed.type)) return;
  passed += 1;
  if (passed < armed.time) return;
  // Written past the log, which may keep its lines for a moment.
  writeSync(2, `killed at the failpoint ${name} (${types.join(', ')})\n`);
  process.kill(process.pid, 'SIGKILL');
  // Until the signal arrives nothing else runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

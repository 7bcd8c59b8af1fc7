import { z } from 'zod';

/** What any answer has, however it came. */
interface Judged {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const Problem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number(),
  detail: z.string().min(10),
  instance: z.string(),
  correlationId: z.string(),
  code: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});

/** Stacks and files: nothing that a client could have sent here comes back looking like this. */
const STACK = /node_modules|\.[jt]s:\d|\n +at |\(node:/;
/** What libraries say by themselves, and what they are called; SQL. */
const NOT_OURS =
  /Invalid (input|option|key|string)|Too (big|small)|Unrecognized|expected .* received|(FST|HPE|ERR|SQLITE)_|E(CONN|NOENT|PIPE|ACCES)|Unexpected (token|end)|at position|Cannot ([A-Z]+ |read|set)|is not a function|\b(SELECT|INSERT INTO|UPDATE .* SET|DELETE FROM)\b|sqlite|postgres|redis|rabbit|amqp|fastify|nest(js)?\b|\bzod\b|\bjose\b|undici|argon|ajv|undefined|\[object /i;

/**
 * What is wrong with an answer, in a few words.
 *
 * @param names of tables, which are nobody's business
 */
export function faultIn(
  { status, headers, body }: Judged,
  names: readonly string[] = [],
): string | undefined {
  if (status >= 500 && (status !== 503 || headers['retry-after'] === undefined))
    return `a ${status}: ${body}`;
  if (STACK.test(body)) return `a stack: ${body}`;
  // The answer to HEAD has no body.
  if (status < 400 || (body === '' && headers['content-length'] !== '0')) return undefined;
  if (!String(headers['content-type']).startsWith('application/problem+json'))
    return `${status} is no problem: ${body}`;
  const problem = Problem.safeParse(JSON.parse(body));
  if (!problem.success) return `${body}: ${problem.error.message}`;
  const { status: said, correlationId, title, detail, code, errors = [] } = problem.data;
  // A refusal that was kept comes back as it was.
  const itsOwn = headers['idempotent-replayed'] === 'true' || correlationId === headers['x-correlation-id'];
  if (said !== status || !itsOwn) return `not of this answer: ${body}`;
  // Where a mistake is says the client itself.
  const words = [title, detail, code, ...errors.map(({ message }) => message)];
  const inner = words.find((text) => NOT_OURS.test(text) || names.some((name) => text.includes(name)));
  return inner === undefined ? undefined : `not our words: ${inner}`;
}

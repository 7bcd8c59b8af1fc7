import type { DescribedApi } from '@comanda/test-kit';
import fc from 'fast-check';
import { z } from 'zod';
import { Random } from '../chaos/random.js';
import { faultsOfBytes, spoilt } from './bytes.js';
import type { Answer } from './client.js';
import { faultIn } from './judge.js';
import type { FuzzedRequest } from './requests.js';
import type { Stage } from './stage.js';

export interface Round {
  readonly seed: number;
  /** How many requests chance makes for each route. A third as many are sent as bytes that are no longer what they were. */
  readonly perRoute: number;
  /** Whether each field is also tried with each of some texts: once is enough. */
  readonly sweep: boolean;
}

/** What was answered, over all rounds. */
export class Answers {
  readonly ofRoute = new Map<string, Map<number, number>>();
  /** Ids of the orders that were answered 202. */
  readonly accepted = new Set<string>();
  count = 0;

  /** @param ofRoute whether it was asked with the method of the route */
  note(route: string, { status, body }: Answer, ofRoute: boolean): void {
    this.count += 1;
    const counts = this.ofRoute.get(route) ?? new Map<number, number>();
    this.ofRoute.set(route, counts);
    if (ofRoute) counts.set(status, (counts.get(status) ?? 0) + 1);
    if (status !== 202) return;
    const { data } = Placed.safeParse(JSON.parse(body));
    if (data) this.accepted.add(data.orderId);
  }
}

const Placed = z.object({ orderId: z.string() });
/** How many are tried at the same time: routes; and bytes, for much of which the gateway waits. */
const ROUTES_AT_ONCE = 8;
const BYTES_AT_ONCE = 32;

/** Sends each route its requests; what is found is made as small as it can be, one finding for each route. */
export async function fuzzRound(stage: Stage, round: Round, answers: Answers): Promise<string[]> {
  const { seed, perRoute, sweep } = round;
  const findings: string[] = [];
  await each(ROUTES_AT_ONCE, stage.routes, async (route) => {
    const property = fc.asyncProperty(route.requests, async (request) => {
      const outcome = await stage.client.send(request);
      if (typeof outcome !== 'string')
        answers.note(route.name, outcome, request.method === route.operation.method);
      const fault = typeof outcome === 'string' ? outcome : faultOf(outcome, stage, request);
      if (fault !== undefined) throw new Error(fault);
    });
    const examples = sweep ? route.sweep.map((request): [FuzzedRequest] => [request]) : [];
    const { failed, counterexample, errorInstance } = await fc.check(property, {
      seed,
      numRuns: perRoute + examples.length,
      examples,
    });
    if (failed) findings.push(finding(seed, route.name, String(errorInstance), counterexample?.[0]));
  });
  return [...findings, ...(await fuzzBytes(stage, round))];
}

function faultOf(
  answer: Answer,
  { innerNames, described }: Stage,
  { method, target }: FuzzedRequest,
): string | undefined {
  const { status, body } = answer;
  if (status === 503) return `503 each time that it was tried: ${body}`;
  if (method === 'HEAD' && body !== '') return `HEAD has a body: ${body}`;
  return faultIn(answer, innerNames) ?? undescribed(described, answer, method, target);
}

/** What of an answer the document does not know; what a stream says is not read. */
function undescribed(api: DescribedApi, answer: Answer, method: string, path: string): string | undefined {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  const faults = api.faultsOf({ method, path, status: answer.status, headers, text: answer.body });
  return faults.length === 0 ? undefined : `not as it is described: ${faults.join('; ')}: ${answer.body}`;
}

async function fuzzBytes(stage: Stage, { seed, perRoute }: Round): Promise<string[]> {
  const requests = stage.routes.flatMap(({ name, requests: any }) => {
    const random = new Random(seed);
    // An answer to HEAD says the length of a body that it has not: where the next answer begins is not to be seen.
    const readable = any.filter(({ method }) => method !== 'HEAD');
    return fc.sample(readable, { seed, numRuns: Math.ceil(perRoute / 3) }).map((request) => ({
      route: name,
      ...spoilt(random, request, stage.callers[request.caller] ?? {}),
    }));
  });
  const findings: string[] = [];
  await each(BYTES_AT_ONCE, requests, async (spoiltRequest) => {
    const { route, name, bytes } = spoiltRequest;
    for (const fault of await faultsOfBytes(stage.port, spoiltRequest))
      findings.push(finding(seed, `${route}, ${name}`, fault, bytes.toString('latin1')));
  });
  return findings;
}

const finding = (seed: number, what: string, fault: string, request: unknown): string =>
  `--seed ${seed}: ${what}: ${fault}\n${fc.stringify(request).slice(0, 2_000)}`;

async function each<T>(atOnce: number, list: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const inTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await act(next);
  };
  await Promise.all(Array.from({ length: atOnce }, inTurn));
}

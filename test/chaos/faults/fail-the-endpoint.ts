import type { ReceiverBehaviour } from '../../support/webhook-receiver.js';
import { ENDPOINT, type Fault } from '../fault.js';

const WAYS: readonly { readonly detail: string; readonly behaviour: ReceiverBehaviour }[] = [
  { detail: 'answers 500', behaviour: { kind: 'status', code: 500 } },
  {
    detail: 'answers 429 with Retry-After',
    behaviour: { kind: 'status', code: 429, headers: { 'retry-after': '2' } },
  },
  { detail: 'takes requests and never answers', behaviour: { kind: 'hang' } },
  { detail: 'cuts connections off', behaviour: { kind: 'cut' } },
];

/** The receiver of the webhooks has a bad day. */
export const failTheEndpoint: Fault = {
  name: 'fail-the-endpoint',
  targets: () => [ENDPOINT],
  lasts: [1_000, 10_000],
  async inject({ installation: { witness } }, _, random) {
    const { detail, behaviour } = random.pick(WAYS);
    witness.receiver.behave(behaviour);
    return { detail, heal: async () => witness.receiver.behave({ kind: 'ok' }) };
  },
};

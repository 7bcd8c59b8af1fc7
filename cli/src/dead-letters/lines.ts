import type { DeadLetter } from '@comanda/contracts';
import type { NotOne, Outcome } from '@comanda/operations';

const CAUSE_WIDTH = 100;

/** When, where, what, its id, how often it was tried, and why it failed: one line. */
export function lineOfDeadLetter(deadLetter: DeadLetter): string {
  const { diedAt = 'time unknown', queue, type = 'type unknown', messageId, attempts, cause } = deadLetter;
  const failures = attempts.filter((entry) => 'error' in entry).length;
  const [line = ''] = cause.split('\n');
  const short = line.length > CAUSE_WIDTH ? `${line.slice(0, CAUSE_WIDTH)}...` : line;
  return `${diedAt}  ${queue}  ${type}  ${messageId}  failed ${failures}x  ${short}`;
}

/** What became of a dead letter, or would. */
export function lineOfOutcome(outcome: Outcome | NotOne, dryRun: boolean): string {
  switch (outcome.kind) {
    case 'none':
      return 'There is no such dead letter, or no longer.';
    case 'several':
      return `This message is dead in several queues. Say which: --queue ${outcome.queues.join(' or --queue ')}`;
    case 'replayed': {
      const { messageId, type = 'type unknown', queue, service } = outcome.deadLetter;
      const verb = dryRun ? 'would be put back' : 'put back';
      return `${messageId} (${type}): ${verb} into ${queue}, for ${service} alone; ${outcome.preview.detail}`;
    }
    case 'discarded': {
      const { messageId, type = 'type unknown', queue } = outcome.deadLetter;
      return `${messageId} (${type}): ${dryRun ? 'would be discarded' : 'discarded'} from ${queue}`;
    }
    case 'refused': {
      const { messageId, type = 'type unknown' } = outcome.deadLetter;
      const force = outcome.blocker.code === 'TOO_OLD' ? ' (--force overrules this)' : '';
      return `${messageId} (${type}): not put back. ${outcome.blocker.detail}${force}`;
    }
  }
}

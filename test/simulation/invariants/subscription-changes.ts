import { CreateSubscription, DeleteSubscription, RotateSecret } from '@comanda/contracts';
import { Wanted } from './wanted.js';
import {
  changesOf,
  type Invariant,
  must,
  type SubscriptionChangeRow,
  type SubscriptionRow,
} from './watch.js';

/**
 * A command that changes what a subscription wants changes its row, and writes down where the auditor reads it what is wanted
 * from now on, in one commit. A secret changes only where one is made or ends: a rotation that is asked for twice makes one, a
 * subscription that is deleted keeps none.
 */
export const changesOfSubscriptionsHold: Invariant = ({ workload }) => {
  const wanted = new Wanted(workload);
  const rows = new Map<string, SubscriptionRow>();
  /** The patterns that were written down last. */
  const written = new Map<string, string>();
  const deleted = new Set<string>();
  const rotations = new Set<string>();
  const leaving = new Set(
    workload.errands
      .flatMap(({ sent }) => sent)
      .filter(({ envelope }) => envelope.type === DeleteSubscription.type)
      .map(({ envelope }) => envelope.subject),
  );
  return {
    committed(commit) {
      if (commit.service !== 'webhook-publisher') return;
      const [changed, renewed] = [new Set<string>(), new Set<string>()];
      for (const [at, task] of commit.tasks.entries()) {
        const done = wanted.follow(task, commit.committed.decisions[at]);
        if (done === undefined) continue;
        const { subscriptionId, command, result } = done;
        changed.add(subscriptionId);
        if (task.type === CreateSubscription.type || task.type === DeleteSubscription.type)
          renewed.add(subscriptionId);
        if (task.type !== RotateSecret.type) continue;
        const { rotationId } = RotateSecret.data.parse(command.data);
        const { sealedSecret } = RotateSecret.result.parse(result);
        must(
          (sealedSecret === undefined) === rotations.has(rotationId),
          'a-rotation-makes-one-secret',
          () => `the rotation ${rotationId} of ${subscriptionId} made two secrets, or none`,
        );
        rotations.add(rotationId);
        if (sealedSecret !== undefined) renewed.add(subscriptionId);
      }
      for (const { before, after } of changesOf<SubscriptionRow>(commit, 'subscriptions')) {
        if (!after) continue;
        const { subscriptionId, secrets } = after;
        rows.set(subscriptionId, after);
        if (after.deleted === 1) deleted.add(subscriptionId);
        must(
          after.deleted === 1 ? after.enabled === 0 && secrets === null : secrets !== null,
          'a-deleted-subscription-gets-nothing',
          () =>
            `the subscription ${subscriptionId} is deleted and on or has a secret, or is not and has none`,
        );
        must(
          before === undefined || before.secrets === secrets || renewed.has(subscriptionId),
          'a-rotation-makes-one-secret',
          () => `the secret of ${subscriptionId} has changed, and no command asked for it`,
        );
      }
      for (const { after } of changesOf<SubscriptionChangeRow>(commit, 'subscription_changes'))
        if (after) written.set(after.subscriptionId, after.eventTypes);
      for (const subscriptionId of changed) {
        const wish = JSON.stringify(wanted.patternsOf(subscriptionId));
        const row = rows.get(subscriptionId);
        must(
          (row?.enabled === 1 ? row.eventTypes : '[]') === wish && written.get(subscriptionId) === wish,
          'what-is-wanted-is-written-down',
          () => `${subscriptionId} wants ${wish}, and it is not written so`,
        );
      }
    },
    atRest() {
      must(
        [...leaving].every((subscriptionId) => deleted.has(subscriptionId)),
        'a-deleted-subscription-gets-nothing',
        () => `${leaving.size} subscriptions were to be deleted, ${deleted.size} are`,
      );
    },
  };
};

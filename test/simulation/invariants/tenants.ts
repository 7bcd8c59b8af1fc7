import { type Invariant, must } from './watch.js';

/** What happens for one tenant touches no row of another. */
export const tenantsStayApart: Invariant = ({ workload }) => {
  const owners = new Map<unknown, string>();
  for (const { order } of workload.errands) if (order) owners.set(order.orderId, order.tenantId);
  for (const { subscriptionId, tenantId } of workload.subscriptions) owners.set(subscriptionId, tenantId);
  return {
    committed({ service, tasks, committed, changes, published }) {
      const acting = new Set(
        tasks.flatMap(({ cause }, at) => (committed.decisions[at]?.kind === 'done' ? [cause.tenantid] : [])),
      );
      for (const [table, rows] of changes) {
        for (const { after } of rows) {
          if (after?.tenantId === undefined) continue;
          const tenant = String(after.tenantId);
          const owner = owners.get(after.orderId) ?? owners.get(after.subscriptionId) ?? tenant;
          must(
            acting.has(tenant) && owner === tenant,
            'tenants-stay-apart',
            () => `${service} wrote a row of ${tenant} to ${table}, acting for ${[...acting].join()}`,
          );
        }
      }
      for (const { tenantid, subject, type } of published)
        must(
          (owners.get(subject) ?? tenantid) === tenantid,
          'tenants-stay-apart',
          () => `${type} of ${subject} was published for ${tenantid}`,
        );
    },
  };
};

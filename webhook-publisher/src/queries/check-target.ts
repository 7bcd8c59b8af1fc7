import { accept, CheckTarget, refuse } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { answers, type QueryAnswer } from '@comanda/service-kit';
import type { Channels } from '../channels/index.js';

/** Whether events may be sent to a target, and for which key its secret is sealed; its channel decides. */
export const checkTarget = (channels: Channels, logger: Pick<Logger, 'warn'>): QueryAnswer =>
  answers(CheckTarget, async (_database, { data, tenantid, correlationid }) => {
    const { channel, target } = data;
    const { sealFor } = channels[channel];
    const check = await channels[channel].checkTarget(target);
    if (check.kind === 'allowed') return accept({ target, ...(sealFor !== undefined && { sealFor }) });
    const { code, reason, cause } = check;
    if (cause !== undefined)
      logger.warn({ tenantId: tenantid, correlationId: correlationid, cause }, 'target refused');
    return refuse(400, code, `target: ${reason}`);
  });

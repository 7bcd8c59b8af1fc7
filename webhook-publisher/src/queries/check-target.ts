import { accept, CheckTarget, type DataOf, type Message, type Reply, refuse } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Controller, Inject } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Channels } from '../channels/index.js';

export const CHANNELS = Symbol('Channels');

/** Whether events may be sent to a target, and for which key its secret is sealed; its channel decides. */
@Controller()
export class CheckTargetQuery {
  constructor(
    @Inject(CHANNELS) private readonly channels: Channels,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  @Answers(CheckTarget)
  async check({ data, tenantid, correlationid }: Message<DataOf<typeof CheckTarget>>): Promise<Reply> {
    const { channel, target } = data;
    const { sealFor } = this.channels[channel];
    const check = await this.channels[channel].checkTarget(target);
    if (check.kind === 'allowed') return accept({ target, ...(sealFor !== undefined && { sealFor }) });
    const { code, reason, cause } = check;
    if (cause !== undefined)
      this.logger.warn({ tenantId: tenantid, correlationId: correlationid, cause }, 'target refused');
    return refuse(400, code, `target: ${reason}`);
  }
}

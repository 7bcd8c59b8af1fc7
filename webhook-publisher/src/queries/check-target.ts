import { accept, CheckTarget, type DataOf, type Message, type Reply, refuse } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { Controller, Inject } from '@nestjs/common';
import type { Channels } from '../channels/index.js';

export const CHANNELS = Symbol('Channels');

/** Whether events may be sent to a target, and for which key its secret is sealed; its channel decides. */
@Controller()
export class CheckTargetQuery {
  readonly #channels: Channels;

  constructor(@Inject(CHANNELS) channels: Channels) {
    this.#channels = channels;
  }

  @Answers(CheckTarget)
  async check({ data: { channel, target } }: Message<DataOf<typeof CheckTarget>>): Promise<Reply> {
    const { sealFor } = this.#channels[channel];
    const check = await this.#channels[channel].checkTarget(target);
    return check.kind === 'allowed'
      ? accept({ target, ...(sealFor !== undefined && { sealFor }) })
      : refuse(400, check.code, `target: ${check.reason}`);
  }
}

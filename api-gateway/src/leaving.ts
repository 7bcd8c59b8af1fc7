import { setTimeout as pause } from 'node:timers/promises';
import type { HealthCheck } from '@comanda/service-kit';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { GatewayConfig } from './config.js';
import { CONFIG } from './injection-tokens.js';
import { OpenStreams } from './live/open-streams.js';

/**
 * How the gateway takes leave of those in front of it. It is not ready any more, and each answer is the last of its
 * connection; it goes on so for `SHUTDOWN_DELAY_SECONDS`, until whoever sends it requests has seen that. Then it stops.
 */
@Injectable()
export class Leaving implements BeforeApplicationShutdown {
  #began = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'SHUTDOWN_DELAY_SECONDS'>,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  get began(): boolean {
    return this.#began;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#began = true;
    await pause(this.config.SHUTDOWN_DELAY_SECONDS * 1_000);
    this.streams.endAll();
  }
}

/** An instance that takes leave works, and is to get nothing new. */
export const leavingCheck = (leaving: Pick<Leaving, 'began'>): HealthCheck => ({
  name: 'instance',
  needed: true,
  unhealthyReason: () => (leaving.began ? 'it is about to stop' : undefined),
});

/** A client that is told so opens its next connection, which leads to another instance. */
export function closeConnectionsWhenLeaving(app: NestFastifyApplication): void {
  const leaving = app.get(Leaving);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (_request, reply, _payload, done) => {
      if (leaving.began) reply.header('connection', 'close');
      done();
    });
}

import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck as Checked, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { HEALTH_CHECKS } from './tokens.js';

/** One thing that a service needs, or would like to have. */
export interface HealthCheck {
  readonly name: string;
  /** Whether the service can't do its work without it. */
  readonly needed: boolean;
  /** What is wrong with it, or `undefined`. */
  unhealthyReason(): string | undefined | Promise<string | undefined>;
  /** What an operator should know of it although it works. */
  readonly notice?: string;
}

/**
 * `live`: the process answers. `ready`: everything that it needs is there. `detailed`: each part by name, also
 * those that may be away.
 */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[],
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Checked()
  ready() {
    return this.health.check(this.#of(this.checks.filter(({ needed }) => needed)));
  }

  @Get('detailed')
  async detailed() {
    const entries = await Promise.all(
      this.checks.map(async ({ name, needed, unhealthyReason, notice }) => {
        const wrong = await unhealthyReason();
        const message = wrong ?? notice;
        return [
          name,
          {
            status: wrong === undefined ? 'up' : 'down',
            needed,
            ...(message !== undefined && { message }),
          },
        ] as const;
      }),
    );
    const down = entries.filter(([, { status }]) => status === 'down');
    const status = down.some(([, { needed }]) => needed) ? 'error' : down.length > 0 ? 'degraded' : 'ok';
    return {
      status,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage().rss,
      parts: Object.fromEntries(entries),
    };
  }

  #of(checks: readonly HealthCheck[]) {
    return checks.map(({ name, unhealthyReason }) => async () => {
      const indicator = this.indicators.check(name);
      const wrong = await unhealthyReason();
      return wrong === undefined ? indicator.up() : indicator.down({ message: wrong });
    });
  }
}

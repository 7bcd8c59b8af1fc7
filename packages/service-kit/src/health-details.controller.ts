import { Controller, Get, Inject } from '@nestjs/common';
import type { HealthCheck } from './health-check.js';
import { HEALTH_CHECKS } from './tokens.js';

/**
 * Each part by name, also those that may be away, and why one is down. A reason may name hosts and roles, so it is for
 * operators alone: never on a port that clients reach.
 */
@Controller('health')
export class HealthDetailsController {
  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  @Get('detailed')
  async detailed() {
    const entries = await Promise.all(
      this.checks.map(async (check) => {
        const wrong = await check.unhealthyReason();
        const message = wrong ?? check.notice;
        return [
          check.name,
          {
            status: wrong === undefined ? 'up' : 'down',
            needed: check.needed,
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
}

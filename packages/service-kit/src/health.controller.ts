import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck as Checked, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheck } from './health-check.js';
import { HEALTH_CHECKS } from './tokens.js';

/**
 * `live`: the process answers. `ready`: everything that it needs is there. Anybody may ask, so an answer has the names
 * of the parts and whether they are up; why one is down stands in `/health/detailed`.
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

  // Described by nobody: for a description each service would load all of @nestjs/swagger, a fifth of its start.
  @Get('ready')
  @Checked({ noCache: true, swaggerDocumentation: false })
  ready() {
    const needed = this.checks.filter(({ needed }) => needed);
    return this.health.check(
      needed.map((check) => async () => {
        const indicator = this.indicators.check(check.name);
        return (await check.unhealthyReason()) === undefined ? indicator.up() : indicator.down();
      }),
    );
  }
}

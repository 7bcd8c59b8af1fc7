import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Header,
  Inject,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { HealthCheck } from './health-check.js';
import { HEALTH_CHECKS } from './tokens.js';

type Parts = Readonly<Record<string, { readonly status: 'up' | 'down' }>>;

/**
 * `live`: the process answers. `ready`: everything that it needs is there. Anybody may ask, so an answer has the names
 * of the parts and whether they are up; why one is down stands in `/health/detailed`.
 */
@Controller('health')
export class HealthController implements BeforeApplicationShutdown {
  #stopping = false;

  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  beforeApplicationShutdown(): void {
    this.#stopping = true;
  }

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('cache-control', 'no-cache, no-store, must-revalidate')
  async ready() {
    const parts = await Promise.all(
      this.checks
        .filter(({ needed }) => needed)
        .map(async (check) => {
          const status = (await check.unhealthyReason()) === undefined ? ('up' as const) : ('down' as const);
          return [check.name, { status }] as const;
        }),
    );
    const all = (wanted: 'up' | 'down'): Parts =>
      Object.fromEntries(parts.filter(([, { status }]) => status === wanted));
    const answer = { info: all('up'), error: all('down'), details: Object.fromEntries(parts) };
    if (this.#stopping) throw new ServiceUnavailableException({ status: 'shutting_down', ...answer });
    if (Object.keys(answer.error).length > 0)
      throw new ServiceUnavailableException({ status: 'error', ...answer });
    return { status: 'ok', ...answer };
  }
}

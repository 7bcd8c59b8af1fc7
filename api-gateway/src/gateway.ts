import 'reflect-metadata';
import { NestLogger } from '@comanda/service-kit';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { GatewayConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { allowOrigins } from './http/cors.js';
import { httpServer } from './http/server.js';
import { closeConnectionsWhenLeaving } from './leaving.js';
import { serveDocs } from './routes/openapi.js';

/** Makes the gateway, ready to listen. */
export async function createGateway(config: GatewayConfig, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(config, logger),
    httpServer(config, logger),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  closeConnectionsWhenLeaving(app);
  allowOrigins(app, config.CORS_ORIGINS);
  serveDocs(app);
  return app;
}

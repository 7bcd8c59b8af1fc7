import 'reflect-metadata';
import { NestLogger } from '@comanda/service-kit';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { GatewayModule } from './gateway.module.js';
import { serveDocs } from './http/openapi.js';
import { httpServer } from './http/server.js';
import type { Settings } from './settings.js';

/** Makes the gateway, ready to listen. */
export async function createGateway(settings: Settings, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(settings, logger),
    httpServer(logger),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  serveDocs(app);
  return app;
}

import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { readGatewayConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { openApiOf } from './routes/openapi.js';

/** The OpenAPI document as the gateway serves it. Nothing is started, so no server is needed. */
export async function openApiDocument(): Promise<object> {
  const module = GatewayModule.of(readGatewayConfig({ COMANDA_DEMO: 'true' }), pino({ enabled: false }));
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return openApiOf(app);
}

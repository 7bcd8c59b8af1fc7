import { FatalStartupError } from '@comanda/kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Listening {
  readonly port: number;
  /** An address of this machine. */
  readonly host: string;
  /** The variable that chooses the port, for the message. */
  readonly setting?: string;
}

/** @throws FatalStartupError when another process has the port, with the setting that chooses another */
export async function listen(app: NestFastifyApplication, { port, host, setting }: Listening): Promise<void> {
  try {
    // Not `app.listen`, which writes the error into the log besides.
    await app.init();
    await app.getHttpAdapter().getInstance().listen({ port, host });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new FatalStartupError(
      `${setting === undefined ? '' : `${setting}: `}port ${port} on ${host} is taken; another instance may run on this machine: give each a port of its own`,
    );
  }
}

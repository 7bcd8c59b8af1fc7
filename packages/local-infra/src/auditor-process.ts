import { serviceNamed } from '@comanda/contracts';
import type { ExitStatus, ManagedProcess } from './managed-process.js';
import { describeInstance, type PlatformOptions } from './platform.js';
import type { ServicePorts } from './services.js';

export interface AuditorProcess {
  /** Without a slash at the end. */
  readonly url: string;
  readonly process: ManagedProcess;
  stop(): Promise<ExitStatus | undefined>;
}

/**
 * Starts the auditor beside a platform that runs, with the same options; resolves when it has read all databases
 * for the first time.
 *
 * @throws Error with the end of its log when it does not get there
 */
export async function startAuditor(
  options: PlatformOptions & { readonly ports: ServicePorts; readonly port: number },
): Promise<AuditorProcess> {
  const { port, ports } = options;
  const auditor = serviceNamed('auditor');
  const instance = describeInstance(auditor.alias, auditor, port, ports, options);
  await instance.start();
  return {
    url: `http://127.0.0.1:${port}`,
    get process() {
      return instance.process;
    },
    stop: () => instance.retire(),
  };
}

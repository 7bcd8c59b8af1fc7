import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Comanda, ComandaError, NoAnswerError } from '@comanda/client';
import { NOT_POSSIBLE, ROOT } from '../operator.js';
import { printError } from '../print.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** Published, and good for nothing outside the demo. */
const DEMO_STAFF = { email: 'staff@demo.local', password: 'comanda-demo' };
/** Somebody waits at a terminal. */
const PATIENCE = { retries: 1, timeoutMs: 5_000 };

const isLoopback = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');

/** Who calls the API: the API key of the environment, else the staff of a demo on this machine. */
export function apiOf(env: NodeJS.ProcessEnv): Comanda | undefined {
  const url = env.COMANDA_URL || DEFAULT_URL;
  if (env.COMANDA_API_KEY) return new Comanda(url, { apiKey: env.COMANDA_API_KEY }, PATIENCE);
  return isLoopback(url) ? new Comanda(url, DEMO_STAFF, PATIENCE) : undefined;
}

const HOW =
  'Set COMANDA_URL, and COMANDA_API_KEY to a key with webhooks:manage (POST /api/v1/api-keys); without a key the staff of a demo on this machine is tried.';

/** Acts on the API, and says in one line why that was not possible; resolves with the exit code. */
export async function onApi(act: (api: Comanda) => Promise<number>): Promise<number> {
  const settings = join(ROOT, '.env');
  if (existsSync(settings)) process.loadEnvFile(settings);
  const api = apiOf(process.env);
  if (api === undefined) {
    printError(`COMANDA_API_KEY is not set. ${HOW}`);
    return NOT_POSSIBLE;
  }
  try {
    return await act(api);
  } catch (error) {
    if (error instanceof NoAnswerError) printError(`${error.message}. ${HOW}`);
    else if (error instanceof ComandaError)
      printError(error.status === 401 || error.status === 403 ? `${error.message}. ${HOW}` : error.message);
    else throw error;
    return NOT_POSSIBLE;
  }
}

import { DATABASE_OWNERS } from '@comanda/contracts';
import type { TelegramStub } from '@comanda/stand-ins';

/** The local Telegram knows every bot and every chat. */
const STUB_TOKEN = '1000000:local-telegram';
const STUB_CHAT = '1000001';

/** Whether the user brings a Telegram bot of their own, so that no stand-in is needed. */
export function hasOwnTelegram(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.TELEGRAM_BOT_TOKEN);
}

/** What the services and the receivers need to talk to Telegram, real or local. */
export function telegramEnvironment(
  env: NodeJS.ProcessEnv,
  stub: TelegramStub | undefined,
): Record<string, string> {
  if (stub !== undefined) {
    return { TELEGRAM_API_ROOT: stub.url, TELEGRAM_BOT_TOKEN: STUB_TOKEN, TELEGRAM_CHAT_ID: STUB_CHAT };
  }
  return chosen(env, ['TELEGRAM_API_ROOT', 'TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID']);
}

/** The demo's configuration; what the user sets goes before it. */
export function demoEnvironment(env: NodeJS.ProcessEnv, jwtSecret: string): Record<string, string> {
  return {
    COMANDA_DEMO: 'true',
    JWT_SECRET: jwtSecret,
    ...chosen(env, [
      'JWT_SECRET',
      'WEBHOOK_ENCRYPTION_KEYS',
      ...DATABASE_OWNERS.map(({ database }) => database.variable),
    ]),
  };
}

function chosen(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])));
}

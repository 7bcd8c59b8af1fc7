import type { ChannelName } from '@comanda/contracts';
import type { Channel, ChannelDependencies, SettingsOf } from './channel.js';
import { TelegramChannel, telegramSettings } from './telegram/telegram-channel.js';
import { WebhookChannel, webhookSettings } from './webhook/webhook-channel.js';

export type Channels = Readonly<Record<ChannelName, Channel>>;

/** The environment variables of all channels. */
export const channelSettings = { ...webhookSettings, ...telegramSettings };

/** Every channel there is; `ChannelName` in packages/contracts lists their names. */
export const openChannels = (
  settings: SettingsOf<typeof channelSettings>,
  dependencies: ChannelDependencies,
): Channels => ({
  webhook: new WebhookChannel(settings, dependencies),
  telegram: new TelegramChannel(settings, dependencies),
});

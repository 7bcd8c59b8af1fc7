// A channel of ours is one folder and one line here; docs/channels.md tells what is in the folder.
export { email } from './email/email-channel.js';
export { slack } from './slack/slack-channel.js';
export { sms } from './sms/sms-channel.js';
export { telegram } from './telegram/telegram-channel.js';
export { webhook } from './webhook/webhook-channel.js';

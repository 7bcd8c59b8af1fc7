/** Doubles of services that others run, on loopback: for tests, the benchmark and the demo. */
export type { ContainerProgram, ContainerSpec } from './docker-engine/container.js';
export { DockerEngine, type EngineCall } from './docker-engine/docker-engine.js';
export { type MailRefusal, MailServer, type MailServerOptions, type ReceivedMail } from './mail-server.js';
export type { StripeCall, StripeFault } from './stripe/faults.js';
export { StripeStub } from './stripe/stripe-stub.js';
export {
  startTelegramStub,
  type TelegramBehaviour,
  type TelegramMessage,
  type TelegramStub,
} from './telegram-stub.js';
export { type SentText, TwilioStub } from './twilio-stub.js';

/** For who asks for a language of webhooks. */
export const NO_LOCALE = 'locale: webhooks send the event itself, which is in no language; leave it out';

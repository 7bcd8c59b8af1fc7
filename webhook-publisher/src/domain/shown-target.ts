import type { ChannelName } from '@comanda/contracts';

/**
 * A target as events and messages show it. The query of a URL often holds a token, and so may a user name, so both are
 * left out; the last part of a URL of Slack's is a secret as a whole. A chat, an address or a number is shown as it is.
 */
export function shownTarget(target: string, channel: ChannelName): string {
  if (channel === 'slack') return target.replace(/[^/]*$/, '…');
  const url = URL.parse(target);
  if (!url || !/^https?:$/.test(url.protocol)) return target;
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

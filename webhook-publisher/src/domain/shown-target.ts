/**
 * A target as events and messages show it. The query of a URL often holds a token, and so may a user name, so both are
 * left out; a chat is shown as it is.
 */
export function shownTarget(target: string): string {
  const url = URL.parse(target);
  if (!url || !/^https?:$/.test(url.protocol)) return target;
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

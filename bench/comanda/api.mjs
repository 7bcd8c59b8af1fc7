import { DEMO_PASSWORD } from '../../scripts/dist/demo-accounts.js';

/** @returns the header of an account, of one of the demo when the password is left out */
export async function logIn(api, email, password = DEMO_PASSWORD) {
  const { accessToken } = await post(`${api}/auth/token`, { email, password });
  return `Bearer ${accessToken}`;
}

export const post = (url, body, headers = {}) =>
  answerOf(
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );

/** @throws {Error} with status and body when it is no success */
export async function answerOf(pending) {
  const response = await pending;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

import { describe, expect, test } from '@jest/globals';
import { isSignedByTwilio } from './twilio-signature.js';

/** The example of Twilio's documentation and of its libraries' tests. */
const AUTH_TOKEN = '12345';
const URL_OF_IT = 'https://mycompany.com/myapp.php?foo=1&bar=2';
const FIELDS = {
  Digits: '1234',
  To: '+18005551212',
  From: '+14158675309',
  Caller: '+14158675309',
  CallSid: 'CA1234567890ABCDE',
};
const SIGNATURE = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
const documented = { url: URL_OF_IT, form: new URLSearchParams(FIELDS), signature: SIGNATURE };

const formOf = (...fields: [name: string, value: string][]) => new URLSearchParams(fields);

describe('a call of Twilio’s', () => {
  test('is known by its signature: the example that Twilio documents, in whatever order its fields come', () => {
    expect(isSignedByTwilio(documented, AUTH_TOKEN)).toBe(true);
    const reversed = new URLSearchParams(Object.entries(FIELDS).toReversed());
    expect(isSignedByTwilio({ ...documented, form: reversed }, AUTH_TOKEN)).toBe(true);
  });

  test('counts a field that comes twice as the libraries of Twilio do', () => {
    const form = formOf(
      ...([
        ['Sid', 'CA123'],
        ['SidAccount', 'AC123'],
      ] as [string, string][]),
      ...['5678', '1234', '1234'].map((digits): [string, string] => ['Digits', digits]),
    );
    const signature = 'IK+Dwps556ElfBT0I3Rgjkr1wJU=';
    expect(isSignedByTwilio({ url: URL_OF_IT, form, signature }, AUTH_TOKEN)).toBe(true);
  });

  test('may be signed with the port or without it', () => {
    const url = 'https://mycompany.com:443/myapp.php?foo=1&bar=2';
    expect(isSignedByTwilio({ ...documented, url }, AUTH_TOKEN)).toBe(true);
    expect(isSignedByTwilio({ ...documented, url: url.replace('443', '8443') }, AUTH_TOKEN)).toBe(true);
  });

  test.each([
    ['under another token', documented, '12346'],
    ['to another host', { ...documented, url: URL_OF_IT.replace('mycompany', 'yourcompany') }, AUTH_TOKEN],
    ['with another query', { ...documented, url: `${URL_OF_IT}1` }, AUTH_TOKEN],
    ['over plain HTTP', { ...documented, url: URL_OF_IT.replace('https', 'http') }, AUTH_TOKEN],
    [
      'with another value',
      { ...documented, form: new URLSearchParams({ ...FIELDS, Digits: '12345' }) },
      AUTH_TOKEN,
    ],
    ['with a field more', { ...documented, form: new URLSearchParams({ ...FIELDS, X: '' }) }, AUTH_TOKEN],
    ['with no signature', { ...documented, signature: undefined }, AUTH_TOKEN],
    ['with an empty one', { ...documented, signature: '' }, AUTH_TOKEN],
    ['with a longer one', { ...documented, signature: `${SIGNATURE}=` }, AUTH_TOKEN],
    ['with letters that are none of base64', { ...documented, signature: 'é'.repeat(14) }, AUTH_TOKEN],
  ])('is none %s', (_, call, token) => {
    expect(isSignedByTwilio(call, token)).toBe(false);
  });
});

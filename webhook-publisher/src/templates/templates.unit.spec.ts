import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ContactLocale } from '@comanda/contracts';
import { ConfigurationError } from '@comanda/service-kit';
import { Folder } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CUSTOMER_EVENTS } from '../domain/telling.js';
import { templatesProgram } from './program.js';
import { problemsOf, render } from './template.js';
import { Templates } from './template-files.js';
import { exampleOf, variablesOf } from './variables.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

/** A folder of texts of tenants, by `<tenant>/<locale>/<event>.<form>`. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const root = folder.file('templates');
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const problemsIn = (files: Readonly<Record<string, string>>): readonly string[] => {
  try {
    Templates.read(folderWith(files));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
};

describe('the texts that come with the service', () => {
  test.each(ContactLocale.options)('are there for every event, whole, in %s', (locale) => {
    const templates = Templates.read(undefined);
    for (const { type } of CUSTOMER_EVENTS) {
      const variables = exampleOf(type, locale);
      const { subject, text, html } = templates.email('default', type, locale, variables);
      const sms = templates.sms('default', type, locale, variables);
      expect(subject).toMatch(/^\S.{10,60}$/);
      expect(text).not.toMatch(/^\s|Subject|\{\{/);
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toContain('{{');
      for (const whole of [text, html]) expect(whole).toContain(String(variables.orderId));
      expect(sms).toContain(String(variables.shortId));
      expect(sms).not.toMatch(/\{\{|\n/);
    }
  });

  test('say what was paid and refunded as the language writes it, and who cancelled', () => {
    const templates = Templates.read(undefined);
    const data = { orderId: '0192d1a4-0000-7000-8000-0000000000a1', amount: 123_456, currency: 'EUR' };
    const refunded = (locale: 'en' | 'es') =>
      templates.email('default', 'payment.refunded', locale, variablesOf('payment.refunded', data, locale))
        .text;
    expect(refunded('en')).toContain('1,234.56 EUR');
    expect(refunded('es')).toContain('1234,56 EUR');
    const cancelled = (by: string) =>
      templates.email(
        'default',
        'order.cancelled',
        'en',
        variablesOf('order.cancelled', { ...data, by }, 'en'),
      ).text;
    expect(cancelled('customer')).toMatch(/^As you asked, /);
    for (const by of ['staff', 'system']) expect(cancelled(by)).toMatch(/^We are sorry: .* had to be/);
  });
});

describe('templates', () => {
  test('escape every value in HTML, and none in a text', () => {
    const variables = { orderId: `<b title="x">'&` };
    expect(render('{{orderId}}', 'html', variables)).toBe('&lt;b title&#x3D;&quot;x&quot;&gt;&#39;&amp;');
    for (const form of ['txt', 'sms'] as const)
      expect(render('{{orderId}}', form, variables)).toBe(variables.orderId);
  });

  test.each([
    ['{{total', /Unclosed tag/],
    ['{{#byCustomer}} yes', /Unclosed section "byCustomer"/],
    ['{{total}}', /^\{\{total\}\} is not known here; there are: orderId, shortId$/],
    ['{{{orderId}}}', /would not be escaped/],
    ['{{&orderId}}', /would not be escaped/],
    ['{{> other}}', /can't be used here/],
    ['{{#orderId}}x{{/orderId}}', /is not known here; there are: byCustomer, byShop$/],
    ['{{#byCustomer}}{{email}}{{/byCustomer}}', /^\{\{email\}\} is not known here/],
    ['{{constructor}}', /is not known here/],
    ['  ', /^it is empty$/],
  ])('with %j are refused', (template, problem) => {
    const problems = problemsOf(template, 'html', exampleOf('order.cancelled', 'en'));
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the texts of a tenant', () => {
  const shout = { 'north/en/order.confirmed.txt': 'Subject: DONE {{shortId}}\r\n\r\nPAID {{total}}\n' };

  test('take the place of ours, file by file, for that tenant alone', () => {
    const templates = Templates.read(folderWith(shout));
    const variables = exampleOf('order.confirmed', 'en');
    const email = (tenant: string, locale: 'en' | 'es' = 'en') =>
      templates.email(tenant, 'order.confirmed', locale, variables);
    expect(email('north')).toEqual({
      subject: `DONE ${variables.shortId}`,
      text: 'PAID 3.60 EUR\n',
      html: email('south').html,
    });
    expect(email('south').subject).toBe('Your order is confirmed');
    expect(email('north', 'es').subject).toBe('Tu pedido está confirmado');
  });

  test('are checked at the start: one line for each thing that is wrong', () => {
    expect(
      problemsIn({
        ...shout,
        'north/en/order.rejected.txt': 'No subject, {{total}}',
        'north/fr/order.rejected.txt': 'Subject: x\n',
        'North/en/order.rejected.txt': 'Subject: x\n',
        'south/es/order.shipped.html': 'x',
        'south/es/payment.refunded.sms': `{{shortId}}${'x'.repeat(452)}`,
        'south/en/payment.refunded.sms': `{{shortId}}${'x'.repeat(451)}`,
      }).toSorted(),
    ).toEqual([
      'TEMPLATES_DIR/North: must be a folder named like a tenant',
      'TEMPLATES_DIR/north/en/order.rejected.txt: its first line must be "Subject: ..."',
      'TEMPLATES_DIR/north/en/order.rejected.txt: {{total}} is not known here; there are: orderId, shortId',
      'TEMPLATES_DIR/north/fr/order.rejected.txt: is none of the texts; they are named like en/order.confirmed.txt',
      'TEMPLATES_DIR/south/es/order.shipped.html: is none of the texts; they are named like en/order.confirmed.txt',
      'TEMPLATES_DIR/south/es/payment.refunded.sms: its example has 460 characters; a text may have 459',
    ]);
    expect(() => Templates.read('/nowhere')).toThrow('TEMPLATES_DIR: there is no folder /nowhere');
  });

  test('are shown by npm run templates -- preview, or written to a file', () => {
    const templates = Templates.read(folderWith(shout));
    const run = (...args: string[]) => {
      const [printed, written] = [[] as string[], [] as [string, string][]];
      templatesProgram({
        readTemplates: () => templates,
        print: (text) => void printed.push(text),
        writeFile: (...file) => void written.push(file),
      }).parse(['preview', ...args], { from: 'user' });
      return { printed, written };
    };
    expect(run().printed).toHaveLength(CUSTOMER_EVENTS.length * ContactLocale.options.length);
    const one = ['--tenant', 'north', '--event', 'order.confirmed', '--locale', 'en'];
    const [text] = run(...one).printed;
    expect(text).toMatch(/^=== order.confirmed, en, north\nSubject: DONE .*\n\n--- text\nPAID 3.60 EUR\n/);
    expect(run(...one, '--out', 'a.txt')).toEqual({
      printed: [],
      written: [['a.txt', expect.stringMatching(/^Subject: DONE .*\n\nPAID 3.60 EUR\n$/)]],
    });
    expect(run(...one, '--out', 'a.html').written).toEqual([
      ['a.html', expect.stringContaining('<p>You paid 3.60 EUR.</p>')],
    ]);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COLUMNS, readCatalogue, writeCatalogue } from './catalogue-file.js';

const read = (text: string | Uint8Array) =>
  readCatalogue(typeof text === 'string' ? Buffer.from(text) : text);
const errors = (text: string | Uint8Array) => {
  const found = read(text);
  return found.kind === 'wrong'
    ? found.errors.map(({ line, column = '', message }) => `${line} ${column}: ${message}`)
    : [];
};
const products = (text: string) => {
  const found = read(text);
  if (found.kind === 'wrong') throw new Error(JSON.stringify(found.errors));
  return found.lines;
};
const HEADER = 'sku,name,price,currency,active,stock,lowStockThreshold';
const espresso = { sku: 'ESPRESSO', name: 'Espresso', price: 180, currency: 'EUR' };

describe('a catalogue file', () => {
  test('lists products in any order of columns; what is left out or empty is not said', () => {
    expect(products('price,currency,name,sku\n180,EUR,Espresso,ESPRESSO\n')).toEqual([
      { line: 2, product: espresso },
    ]);
    expect(products(`${HEADER}\nESPRESSO,Espresso,180,EUR,FALSE,12,3\nTEA,Tea,250,EUR,,,`)).toEqual([
      { line: 2, product: { ...espresso, active: false, stock: 12, lowStockThreshold: 3 } },
      { line: 3, product: { sku: 'TEA', name: 'Tea', price: 250, currency: 'EUR' } },
    ]);
  });

  test('is read with a byte order mark, CRLF, CR, quotes, empty lines and letters of any alphabet', () => {
    const rows = [
      'sku,name,price,currency',
      'A,"Café ""solo"", doble",180,EUR',
      '',
      'B,"コーヒー',
      'ブラック",1,JPY',
    ];
    for (const end of ['\r\n', '\n', '\r']) {
      expect(products(`\uFEFF${rows.join(end)}${end}`)).toEqual([
        { line: 2, product: { sku: 'A', name: 'Café "solo", doble', price: 180, currency: 'EUR' } },
        { line: 4, product: { sku: 'B', name: `コーヒー${end}ブラック`, price: 1, currency: 'JPY' } },
      ]);
    }
  });

  test('names the line also after a name of several lines', () => {
    expect(errors('sku,name,price,currency\r\nA,"x\r\ny\r\nz",1,EUR\r\n\r\nB,b,-1,EUR\r\n')).toEqual([
      '6 price: "-1" must be a whole number in minor units, such as 180 for 1.80',
    ]);
  });

  test('is told everything that is wrong with it, not only the first', () => {
    const file = [
      HEADER,
      'A A,,1.80,EURO,yes,-1,1e3',
      'B,b,2,EUR,true,1',
      'C,c,3,EUR,true,1,1',
      'D,d\u0000,99999999999999999,EUR,,,1000000001',
      'C,again,3,EUR,true,1,1',
    ].join('\n');
    expect(errors(file)).toEqual([
      '2 sku: "A A" must be 1 to 64 letters, digits, dots, dashes or underscores',
      '2 name: "" must be 1 to 200 characters, none of them NUL',
      '2 price: "1.80" must be a whole number in minor units, such as 180 for 1.80',
      '2 currency: "EURO" must be an ISO 4217 code, such as EUR',
      '2 active: "yes" must be true or false, or empty to leave it as it is',
      '2 stock: "-1" must be a whole number, or empty to leave it as it is',
      '2 lowStockThreshold: "1e3" must be a whole number up to 1000000000, or empty to leave it as it is',
      '3 : has 6 cells, the header has 7',
      '5 name: "d\\u0000" must be 1 to 200 characters, none of them NUL',
      '5 price: "99999999999999999" must be a whole number in minor units, such as 180 for 1.80',
      '5 lowStockThreshold: "1000000001" must be a whole number up to 1000000000, or empty to leave it as it is',
      '6 sku: C stands in line 4 already',
    ]);
  });

  test('has a header in which every column is known and the needed ones are there once', () => {
    expect(errors('sku,name,prize,currency,sku\nA,a,1,EUR,A')).toEqual([
      `1 prize: is not known: the columns are ${HEADER}`,
      '1 price: is missing in the header',
      '1 sku: stands in the header twice',
    ]);
    expect(errors('sku;name;price;currency\nA;a;1;EUR')[0]).toBe(
      '1 sku;name;price;currency: cells must be separated by commas',
    );
    expect(errors('')).toEqual([`1 : must be the header: ${HEADER}`]);
    expect(errors(`${HEADER}\n\n`)).toEqual(['1 : must be followed by products']);
  });

  test('that can not be read at all is told where', () => {
    expect(errors(Uint8Array.of(0x73, 0xe9, 0x0a))).toEqual([
      '1 : the file is not UTF-8: save it as "CSV UTF-8"',
    ]);
    expect(errors('sku,name,price,currency\nA,"a,1,EUR\n')).toEqual([
      expect.stringMatching(/^2 : Quote Not Closed/),
    ]);
  });

  test('has at most ten thousand products', () => {
    const file = (count: number) =>
      ['sku,name,price,currency', ...Array.from({ length: count }, (_, at) => `S${at},s,1,EUR`)].join('\n');
    expect(products(file(10_000))).toHaveLength(10_000);
    expect(errors(file(10_001))).toEqual(['1 : 10001 products are more than 10000: split the file']);
  });
});

describe('an export', () => {
  const listed = { ...espresso, active: true, stock: 7, lowStockThreshold: null };

  test('has a header and one line for each product', () => {
    expect(writeCatalogue([listed, { ...listed, sku: 'TEA', active: false, lowStockThreshold: 0 }])).toBe(
      `${HEADER}\nESPRESSO,Espresso,180,EUR,true,7,\nTEA,Espresso,180,EUR,false,7,0\n`,
    );
    expect(writeCatalogue([])).toBe(`${HEADER}\n`);
  });

  test('holds no cell that a spreadsheet takes for a formula', () => {
    for (const name of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', "'=1"]) {
      const [, line = ''] = writeCatalogue([{ ...listed, name }]).split(/\n(?=ESPRESSO)/);
      expect(line).toContain(`'${name}`);
      expect(products(writeCatalogue([{ ...listed, name }]))[0]?.product.name).toBe(name);
    }
    expect(writeCatalogue([{ ...listed, sku: '-X' }])).toContain("\n'-X,");
  });

  test('is imported as exactly what it was, whatever the names are', () => {
    const character = fc.constantFrom(...`'"=+-@,;\t\r\n aé\u00a0😀`);
    const name = fc.string({ unit: character, minLength: 1, maxLength: 20 });
    const sku = fc.string({ unit: fc.constantFrom('-', '.', '_', 'A', '1'), minLength: 1, maxLength: 4 });
    const product = fc.record({
      sku,
      name,
      price: fc.nat(),
      currency: fc.constantFrom('EUR', 'JPY'),
      active: fc.boolean(),
      stock: fc.nat(),
      lowStockThreshold: fc.option(fc.nat(1_000_000_000)),
    });
    fc.assert(
      fc.property(fc.uniqueArray(product, { selector: (one) => one.sku, minLength: 1 }), (list) => {
        const back = products(writeCatalogue(list)).map(({ product: one }) => ({
          ...one,
          lowStockThreshold: one.lowStockThreshold ?? null,
        }));
        expect(back).toEqual(list);
      }),
    );
  });

  test('has the columns that an import knows', () => {
    expect(COLUMNS.join()).toBe(HEADER);
  });
});

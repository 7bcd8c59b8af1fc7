import { tidied } from '@comanda/contracts';
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
const PRICE =
  'must be a whole number in minor units, such as 180 for 1.80, with digits alone: no comma, point or blank';
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
    const rows = ['sku,name,price,currency', 'A,"Café ""solo"", doble",180,EUR', '', 'B,コーヒー,1,JPY'];
    for (const end of ['\r\n', '\n', '\r']) {
      expect(products(`\uFEFF${rows.join(end)}${end}`)).toEqual([
        { line: 2, product: { sku: 'A', name: 'Café "solo", doble', price: 180, currency: 'EUR' } },
        { line: 4, product: { sku: 'B', name: 'コーヒー', price: 1, currency: 'JPY' } },
      ]);
    }
  });

  test('names the line also after a name of several lines', () => {
    expect(errors('sku,name,price,currency\r\nA,"x\r\ny\r\nz",1,EUR\r\n\r\nB,b,-1,EUR\r\n')).toEqual([
      `2 name: ${JSON.stringify('x\r\ny\r\nz')} must be one line of text, without line breaks, tabs and other control characters`,
      `6 price: "-1" ${PRICE}`,
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
      '2 sku: "A A" must be 1 to 64 letters (A to Z), digits, dots, dashes or underscores',
      '2 name: "" must hold at least one character that can be seen',
      `2 price: "1.80" ${PRICE}`,
      '2 currency: "EURO" must be an ISO 4217 code, such as EUR',
      '2 active: "yes" must be true or false, or empty to leave it as it is',
      '2 stock: "-1" must be a whole number with digits alone, or empty to leave it as it is',
      '2 lowStockThreshold: "1e3" must be a whole number up to 1000000000 with digits alone, or empty to leave it as it is',
      '3 : has 6 cells, the header has 7',
      '5 name: "d\\u0000" must be one line of text, without line breaks, tabs and other control characters',
      `5 price: "99999999999999999" ${PRICE}`,
      '5 lowStockThreshold: "1000000001" must be a whole number up to 1000000000 with digits alone, or empty to leave it as it is',
      '6 sku: C stands in line 4 already',
    ]);
  });

  test('has a header in which every column is known and the needed ones are there once', () => {
    expect(errors('sku,name,prize,currency,sku\nA,a,1,EUR,A')).toEqual([
      `1 prize: is not known: the columns are ${HEADER}`,
      '1 price: is missing in the header',
      '1 sku: stands in the header twice',
    ]);
    expect(errors('')).toEqual([`1 : must be the header: ${HEADER}`]);
    expect(errors(`${HEADER}\n\n`)).toEqual(['1 : must be followed by products']);
  });

  test('that can not be read at all is told where', () => {
    expect(errors(Uint8Array.of(0x73, 0xe9, 0x0a))).toEqual([
      '1 : the file is not UTF-8: save it as "CSV UTF-8"',
    ]);
    expect(errors('sku,name,price,currency\nA,"a,1,EUR\n')).toEqual([
      '2 : a quote is opened and never closed',
    ]);
    expect(errors('sku,name,price,currency\nA,a "b",1,EUR\n')).toEqual([
      '2 : a quote stands in the middle of a cell: put the cell into quotes, and double each quote in it',
    ]);
  });

  test('out of a spreadsheet: columns and rows without anything in them are nothing', () => {
    const file = [
      ',,,,,',
      'sku,,name,price,currency,,',
      ',,,,,,',
      '007,,Tea,250,EUR,,',
      ' , ,,,,,',
      'B,,b,1,EUR,,,,',
    ];
    expect(products(file.join('\r\n'))).toEqual([
      { line: 4, product: { sku: '007', name: 'Tea', price: 250, currency: 'EUR' } },
      { line: 6, product: { sku: 'B', name: 'b', price: 1, currency: 'EUR' } },
    ]);
    expect(
      errors(['sku,,name,price,currency,', 'A,?,a,1,EUR,', 'B,,b,1,EUR,,!', 'C,,c,1'].join('\n')),
    ).toEqual([
      '2 : "?" stands in a column without a name: name it, or empty it',
      '3 : has 7 cells, the header has 6',
      '4 : has 4 cells, the header has 6',
    ]);
  });

  test.each([
    ['semicolons', 'sku;name;price;currency\nA;a;1,80;EUR'],
    ['tabs', '\uFEFF"sku"\t"name"\t"price"\t"currency"\r\nA\ta\t1\tEUR'],
    ['bars', 'sku|name|price|currency'],
  ])('whose cells are separated by %s is told so, and nothing else', (name, file) => {
    expect(errors(file)).toEqual([
      `1 : cells are separated by ${name}: save the file with commas between them`,
    ]);
  });

  test.each(['1,80', '1.234', '1 234', "1'234", '1\u00a0234', '1e2', '+1', '€1', '１', '0x1', '1.0', ''])(
    'with a price of %j is told what a price is',
    (price) => {
      expect(errors(`sku,name,price,currency\nA,a,"${price}",EUR`)).toEqual([
        `2 price: ${JSON.stringify(price)} ${PRICE}`,
      ]);
    },
  );

  test('has the same names whatever the normal form, without blanks around', () => {
    expect(products('sku,name,price,currency\n A ,\u00a0Cafe\u0301 ,1,EUR')[0]?.product).toMatchObject({
      sku: 'A',
      name: 'Caf\u00e9',
    });
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
      // A name from before, which an import would refuse by now.
      if (/[\t\r]/.test(name)) continue;
      expect(products(writeCatalogue([{ ...listed, name }]))[0]?.product.name).toBe(name);
    }
    expect(writeCatalogue([{ ...listed, sku: '-X' }])).toContain("\n'-X,");
  });

  test('is imported as exactly what it was, whatever the names are', () => {
    const character = fc.constantFrom(...`'"=+-@,; aé\u00a0😀`);
    const name = fc.string({ unit: character, minLength: 1, maxLength: 20 }).map(tidied).filter(Boolean);
    const sku = fc.string({
      unit: fc.constantFrom('-', '.', '_', 'A', '0', '1'),
      minLength: 1,
      maxLength: 4,
    });
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

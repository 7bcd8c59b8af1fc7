/**
 * The currencies of ISO 4217, as its maintenance agency (SIX Group, Zurich) published them on 2026-01-01: list one, in force,
 * and list three, withdrawn. What the runtime knows of currencies is no substitute: it is Unicode's, which counts some minor
 * units as people do (no cents for HUF, IDR, COP), knows withdrawn currencies and lacks some in force (VED).
 *
 * `packages/contracts/data/iso-4217-2026-01-01.csv` keeps the numbers of the published lists, and `iso-4217.unit.spec.ts`
 * compares the two. A new publication is a new file there, and its changes here. This file imports nothing, so that
 * receivers at the edge can have it.
 * Source: https://www.six-group.com/dam/download/financial-information/data-center/iso-currrency/lists/list-one.xml
 * and list-three.xml beside it
 */

/** Money that a price can be in, by its minor units (decimals): code and number. */
const MONEY: Readonly<Record<number, string>> = {
  0: `
    BIF 108, CLP 152, DJF 262, GNF 324, ISK 352, JPY 392, KMF 174, KRW 410, PYG 600, RWF 646, UGX 800, VND 704,
    VUV 548, XAF 950, XOF 952, XPF 953`,
  2: `
    AED 784, AFN 971, ALL 008, AMD 051, AOA 973, ARS 032, AUD 036, AWG 533, AZN 944, BAM 977, BBD 052, BDT 050,
    BMD 060, BND 096, BOB 068, BRL 986, BSD 044, BTN 064, BWP 072, BYN 933, BZD 084, CAD 124, CDF 976, CHF 756,
    CNY 156, COP 170, CRC 188, CUP 192, CVE 132, CZK 203, DKK 208, DOP 214, DZD 012, EGP 818, ERN 232, ETB 230,
    EUR 978, FJD 242, FKP 238, GBP 826, GEL 981, GHS 936, GIP 292, GMD 270, GTQ 320, GYD 328, HKD 344, HNL 340,
    HTG 332, HUF 348, IDR 360, ILS 376, INR 356, IRR 364, JMD 388, KES 404, KGS 417, KHR 116, KPW 408, KYD 136,
    KZT 398, LAK 418, LBP 422, LKR 144, LRD 430, LSL 426, MAD 504, MDL 498, MGA 969, MKD 807, MMK 104, MNT 496,
    MOP 446, MRU 929, MUR 480, MVR 462, MWK 454, MXN 484, MYR 458, MZN 943, NAD 516, NGN 566, NIO 558, NOK 578,
    NPR 524, NZD 554, PAB 590, PEN 604, PGK 598, PHP 608, PKR 586, PLN 985, QAR 634, RON 946, RSD 941, RUB 643,
    SAR 682, SBD 090, SCR 690, SDG 938, SEK 752, SGD 702, SHP 654, SLE 925, SOS 706, SRD 968, SSP 728, STN 930,
    SVC 222, SYP 760, SZL 748, THB 764, TJS 972, TMT 934, TOP 776, TRY 949, TTD 780, TWD 901, TZS 834, UAH 980,
    USD 840, UYU 858, UZS 860, VED 926, VES 928, WST 882, XCD 951, XCG 532, YER 886, ZAR 710, ZMW 967, ZWG 924`,
  3: `
    BHD 048, IQD 368, JOD 400, KWD 414, LYD 434, OMR 512, TND 788`,
};

/**
 * In force, and nothing to pay with: funds and units of account (with minor units), metals, bond markets, the code for tests
 * and the one for no currency (without).
 */
const NO_MONEY = `
    BOV 984 2, CHE 947 2, CHW 948 2, CLF 990 4, COU 970 2, MXV 979 2, USN 997 2, UYI 940 0, UYW 927 4, XAD 396 2,
    XAG 961 -, XAU 959 -, XBA 955 -, XBB 956 -, XBC 957 -, XBD 958 -, XDR 960 -, XPD 964 -, XPT 962 -, XSU 994 -,
    XTS 963 -, XUA 965 -, XXX 999 -`;

/**
 * Withdrawn, and since when. List three has no minor units; they stand here where an edition of list one since 2012 had them.
 */
const WITHDRAWN = `
    ADP 020 2003-07, AFA 004 2003-01, ALK 008 1989-12, ANG 532 2025-03 2, AOK 024 1991-03, AON 024 2000-02,
    AOR 982 2000-02, ARA 032 1992-01, ARP 032 1985-07, ARY 032 1990, ATS 040 2002-03, AYM 945 2005-10,
    AZM 031 2005-12, BAD 070 1998-07, BEC 993 1990-03, BEF 056 2002-03, BEL 992 1990-03, BGJ 100 1990,
    BGK 100 1990, BGL 100 2003-11, BGN 975 2026-01 2, BOP 068 1987-02, BRB 076 1986-03, BRC 076 1989-02,
    BRE 076 1993-03, BRN 076 1990-03, BRR 987 1994-07, BUK 104 1990-02, BYB 112 2001-01, BYR 974 2017-01 0,
    CHC 948 2004-11, CSD 891 2006-10, CSJ 203 1990, CSK 200 1993-03, CUC 931 2021-06 2, CYP 196 2008-01,
    DDM 278 1990-09, DEM 276 2002-03, ECS 218 2000-09, ECV 983 2000-09, EEK 233 2011-01, ESA 996 1981,
    ESB 995 1994-12, ESP 724 2002-03, FIM 246 2002-03, FRF 250 2002-03, GEK 268 1995-10, GHC 288 2008-01,
    GHP 939 2007-06, GNE 324 1989-12, GNS 324 1986-02, GQE 226 1986-06, GRD 300 2002-03, GWE 624 1981,
    GWP 624 1997-05, HRD 191 1995-01, HRK 191 2023-01 2, IEP 372 2002-03, ILP 376 1981, ILR 376 1990,
    ISJ 352 1990, ITL 380 2002-03, LAJ 418 1979-12, LSM 426 1985-05, LTL 440 2014-12 2, LTT 440 1993-07,
    LUC 989 1990-03, LUF 442 2002-03, LUL 988 1990-03, LVL 428 2014-01 2, LVR 428 1994-12, MGF 450 2004-12,
    MLF 466 1984-11, MRO 478 2017-12 2, MTL 470 2008-01, MTP 470 1983-06, MVQ 462 1989-12, MXP 484 1993-01,
    MZE 508 1981, MZM 508 2006-06, NIC 558 1990-10, NLG 528 2002-03, PEH 604 1990, PEI 604 1991-07,
    PES 604 1986-02, PLZ 616 1997-01, PTE 620 2002-03, RHD 716 1981, ROK 642 1990, ROL 642 2005-06,
    RUR 810 2004-01, SDD 736 2007-07, SDP 736 1998-06, SIT 705 2007-01, SKK 703 2009-01, SLL 694 2023-12 2,
    SRG 740 2003-12, STD 678 2017-12 2, SUR 810 1990-12, TJR 762 2001-04, TMM 795 2009-01, TPE 626 2002-11,
    TRL 792 2005-12, UAK 804 1996-09, UGS 800 1987-05, UGW 800 1990, USS 998 2014-03 2, UYN 858 1989-12,
    UYP 858 1993-03, VEB 862 2008-01, VEF 937 2018-08 2, VNC 704 1990, XEU 954 1999-01, XFO - 2006-10,
    XFU - 2013-11, XRE - 1999-11, YDD 720 1991-09, YUD 890 1990-01, YUM 891 2003-07, YUN 890 1995-11,
    ZAL 991 1995-03, ZMK 894 2012-12 2, ZRN 180 1999-06, ZRZ 180 1994-02, ZWC 716 1989-12, ZWD 716 2008-08,
    ZWL 932 2024-09 2, ZWN 942 2006-09, ZWR 935 2009-06`;

export interface IsoCurrency {
  readonly code: string;
  /** Three digits; `undefined` where the list says that there is none. */
  readonly number: string | undefined;
  /** How many decimals: 100 minor units are one unit where it is 2. `undefined` where the lists say none. */
  readonly minorUnits: number | undefined;
  readonly kind: 'money' | 'no-money' | 'withdrawn';
  /** The year, as a rule with the month, from which it is not valid any more. */
  readonly withdrawnSince: string | undefined;
}

const entriesOf = (text: string): string[][] => text.split(',').map((entry) => entry.trim().split(' '));
const unlessDash = (text: string | undefined): string | undefined => (text === '-' ? undefined : text);
const digitsOf = (text: string | undefined): number | undefined =>
  unlessDash(text) === undefined ? undefined : Number(text);

/** All of them, by their codes. */
export const ISO_4217: ReadonlyMap<string, IsoCurrency> = new Map(
  [
    ...Object.entries(MONEY).flatMap(([minorUnits, codes]) =>
      entriesOf(codes).map(([code = '', number]) => ({
        ...{ code, number, minorUnits: Number(minorUnits) },
        ...{ kind: 'money' as const, withdrawnSince: undefined },
      })),
    ),
    ...entriesOf(NO_MONEY).map(([code = '', number, minorUnits]) => ({
      ...{ code, number, minorUnits: digitsOf(minorUnits) },
      ...{ kind: 'no-money' as const, withdrawnSince: undefined },
    })),
    ...entriesOf(WITHDRAWN).map(([code = '', number, withdrawnSince, minorUnits]) => ({
      ...{ code, number: unlessDash(number), minorUnits: digitsOf(minorUnits) },
      ...{ kind: 'withdrawn' as const, withdrawnSince },
    })),
  ].map((currency) => [currency.code, currency]),
);

/** Why nothing new can be priced in it; `undefined` when it can. */
export function flawOfCurrency(code: string): string | undefined {
  const currency = ISO_4217.get(code);
  switch (currency?.kind) {
    case 'money':
      return undefined;
    case 'withdrawn':
      return `must be a currency in force: ${code} was withdrawn in ${currency.withdrawnSince}`;
    case 'no-money':
      return `must be money: ${code} is a code for a fund, a unit of account, a metal, a test or nothing`;
    case undefined:
      return 'must be a currency of ISO 4217, such as EUR';
  }
}

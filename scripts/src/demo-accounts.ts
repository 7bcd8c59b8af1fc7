/** The accounts that every service knows when `COMANDA_DEMO=true` (see docs). */
export const DEMO_PASSWORD = 'comanda-demo';
export const STAFF = 'staff@demo.local';
export const CUSTOMER = 'customer@demo.local';

/** Espresso; there is plenty of it. */
export const DEMO_PRODUCT = '0190a000-0000-7000-8000-000000000001';

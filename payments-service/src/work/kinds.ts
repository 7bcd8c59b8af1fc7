/** Names of due work, as they stand in the table `work`. */
export const CHARGE = 'charge';
export const ASK = 'ask';
export const REFUND = 'refund';

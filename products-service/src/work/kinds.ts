/** Names of due work, as they stand in the table `work`. */
export const EXPIRE_RESERVATION = 'expire-reservation';

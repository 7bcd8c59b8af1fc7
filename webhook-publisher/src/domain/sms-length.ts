/**
 * How long a text may be, in UTF-16 code units: each 153 characters are one more to be paid for, or 67 where one of them is in
 * no Latin script.
 */
export const MAX_SMS_LENGTH = 459;

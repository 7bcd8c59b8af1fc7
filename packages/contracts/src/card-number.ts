/** As it is printed on a card, with whatever stands between the groups. */
const WHOLE = /^\d{12,19}$/;
/** Inside a longer text only the usual lengths count: twelve digits in a row are in many an id. */
const WITHIN = /(?<!\d)\d{13,19}(?!\d)/g;

/** Whether a text is or holds the number of a payment card: 12 to 19 digits whose check digit is right (Luhn). */
export function holdsCardNumber(text: string): boolean {
  const bare = text.replaceAll(/[^0-9A-Za-z]/g, '');
  return [...(WHOLE.test(bare) ? [bare] : []), ...(text.match(WITHIN) ?? [])].some(checkDigitIsRight);
}

/** ISO/IEC 7812-1, annex B: from the right every second digit counts twice, and all add up to a multiple of ten. */
function checkDigitIsRight(digits: string): boolean {
  let sum = 0;
  for (const [at, digit] of [...digits].toReversed().entries()) {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

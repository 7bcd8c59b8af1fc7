/** A column's name in the database. */
export const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (deadLetter) => `_${deadLetter.toLowerCase()}`);

/** The columns of a SELECT, under the names that they have in JavaScript. */
export const selectList = (columns: readonly string[], from: string): string =>
  columns.map((column) => `${from}.${snake(column)} AS "${column}"`).join(', ');

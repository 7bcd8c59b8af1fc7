import picocolors from 'picocolors';

const { NO_COLOR = '', FORCE_COLOR = '' } = process.env;

/**
 * Colours for a person who looks at a terminal, or who asks for them with FORCE_COLOR. picocolors by itself also colours
 * what a build server keeps in a file.
 */
export const pc = picocolors.createColors(
  NO_COLOR === '' && (FORCE_COLOR !== '' || process.stdout.isTTY === true),
);

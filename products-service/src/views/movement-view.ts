import { MovementView, viewOf } from '@comanda/contracts';
import type { Movement } from '../domain/stock.js';

/** A movement as clients see it. */
export const movementView = (movement: Movement) => viewOf(MovementView, movement);

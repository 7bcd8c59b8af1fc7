/** What `npm start` leaves for the commands, so that they find its broker. */
export { forgetRunningBroker, noteRunningBroker } from './broker-note.js';

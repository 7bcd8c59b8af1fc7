/** Where the API begins; its version is part of the path. */
export const API = 'api/v1';

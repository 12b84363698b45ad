/** The door of number and word formats. */
export * from './time';
export * from './words';

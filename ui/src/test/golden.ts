import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A message that the server's own tests decode too. */
export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(resolve('../transport/testdata', `${name}.msgpack`)));
}

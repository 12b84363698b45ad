import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A golden message that the server's tests decode too. */
export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(resolve('../transport/testdata', `${name}.msgpack`)));
}

import type { DrillConditions } from '../api';

/** A figure, the kind of actor where it has kinds, and a bound: `recovery_p99 car <5ms`, `longest_stall <2s`. */
const LINE = /^([a-z_0-9]+)(?:[\s.:]+([a-z]+))?[\s:]*((?:<=|>=|==|<|>)?\s*[-\d.]+\s*[a-zA-Zµ]*)$/;

/** Parses one condition a line; the server knows the figures. The number of the first bad line, or the conditions. */
export function parseConditions(text: string): DrillConditions | number {
  const out: Record<string, string | Record<string, string>> = {};
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = LINE.exec(line.trim());
    if (match === null) return i + 1;
    const [, figure = '', kind, bound = ''] = match;
    if (kind === undefined) {
      out[figure] = bound;
    } else {
      const kinds = out[figure];
      out[figure] = { ...(typeof kinds === 'object' ? kinds : {}), [kind]: bound };
    }
  }
  return out;
}

/** Conditions as parseConditions reads them, one a line. */
export function conditionLines(conditions: DrillConditions | undefined): string[] {
  return Object.entries(conditions ?? {}).flatMap(([figure, bound]) =>
    typeof bound === 'object'
      ? Object.entries(bound).map(([kind, of]) => `${figure} ${kind} ${of}`)
      : [`${figure} ${bound}`],
  );
}

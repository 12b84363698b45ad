/** A colour as its parts, 0 to 255. */
type Rgb = readonly [number, number, number];

/** Reads `#rrggbb`, `rrggbb` or `rgb(r, g, b)`; null where it is none of these. */
export function parseColour(text: string): Rgb | null {
  const hex = /^#?([0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (hex) return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;
  const parts = /^rgba?\((\d+)[, ]+(\d+)[, ]+(\d+)/.exec(text.trim());
  return parts ? [Number(parts[1]), Number(parts[2]), Number(parts[3])] : null;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const v = part / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours as WCAG has it, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Colours closer than this nobody tells apart on a thin line. */
const NEAR = 60;

/** Whether two colours look alike on a thin line. */
export function alike(a: string, b: string): boolean {
  const [one, other] = [parseColour(a), parseColour(b)];
  if (one === null || other === null) return a === b;
  return Math.hypot(...one.map((v, i) => v - (other[i] ?? 0))) < NEAR;
}

/** What a line needs on its ground so that it is seen. */
export const LINE_CONTRAST = 3;

/** The colour, mixed with white or black until it stands out from the ground. */
export function readable(colour: string, ground: string, ratio = LINE_CONTRAST): string {
  const [c, g] = [parseColour(colour), parseColour(ground)];
  if (c === null || g === null) return colour;
  const towards = luminance(g) > 0.18 ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = c.map((v) => Math.round(v + (towards - v) * part)) as unknown as Rgb;
    if (contrast(mixed, g) >= ratio) return `rgb(${mixed.join(', ')})`;
  }
  return towards === 0 ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
}

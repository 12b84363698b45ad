/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number];

/** Parses `#rrggbb`, `rrggbb` or `rgb(r, g, b)`; null for anything else. */
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

/** The WCAG contrast ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Closer colours cannot be told apart on a thin line. */
const SIMILAR_DISTANCE = 60;

/** Whether two colours look alike on a thin line. */
export function similar(a: string, b: string): boolean {
  const [one, other] = [parseColour(a), parseColour(b)];
  if (one === null || other === null) return a === b;
  return Math.hypot(...one.map((v, i) => v - (other[i] ?? 0))) < SIMILAR_DISTANCE;
}

/** The contrast ratio that a line needs to be seen. */
export const LINE_CONTRAST = 3;

/** Mixes a colour with white or black until it stands out from the background. */
export function withContrast(colour: string, background: string, ratio = LINE_CONTRAST): string {
  const [c, g] = [parseColour(colour), parseColour(background)];
  if (c === null || g === null) return colour;
  const towards = luminance(g) > 0.18 ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = c.map((v) => Math.round(v + (towards - v) * part)) as unknown as Rgb;
    if (contrast(mixed, g) >= ratio) return `rgb(${mixed.join(', ')})`;
  }
  return towards === 0 ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
}

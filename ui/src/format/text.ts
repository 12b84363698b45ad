/** Letters written from right to left: Hebrew, Arabic, Syriac, N'Ko, Adlam and their neighbours. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Invisible characters that change the writing direction. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
const [OPEN, CLOSE] = ['\u2068', '\u2069'];

/** Removes the characters that would change the direction of a sentence. */
export function stripDirections(text: string): string {
  return text.replace(DIRECTIONS, '');
}

/**
 * Prepares a name for a plain sentence. A right-to-left name is isolated, so that the words and numbers around it
 * keep their places.
 */
export function isolate(text: string): string {
  const plain = stripDirections(text);
  return RIGHT_TO_LEFT.test(plain) ? `${OPEN}${plain}${CLOSE}` : plain;
}

/** A part of a sentence; an isolated one has its own writing direction. */
export interface Part {
  readonly text: string;
  readonly isolated: boolean;
}

/** Splits a sentence at its isolated names, for markup. */
export function splitIsolated(sentence: string): readonly Part[] {
  return sentence
    .split(/(\u2068[^\u2069]*\u2069)/)
    .filter((text) => text !== '')
    .map((text) => ({ text: stripDirections(text), isolated: text.startsWith(OPEN) }));
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Capitalises the first letter. */
export function capitalise(text: string): string {
  const [first] = graphemes.segment(text);
  return first ? first.segment.toUpperCase() + text.slice(first.segment.length) : text;
}

/** Counts characters as the server does: 👍 is one, though JavaScript has two units for it. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** Says that a text is too long, or returns null. The text itself is never cut. */
export function tooLong(label: string, text: string, max: number): string | null {
  const length = countCharacters(text.trim());
  return length > max ? `${label} has ${length} characters: ${max} at most` : null;
}

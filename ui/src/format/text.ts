/** Letters that are written from right to left: Hebrew, Arabic, Syriac, N'Ko, Adlam and their neighbours. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Invisible characters that turn the direction of what follows them. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
const [OPEN, CLOSE] = ['\u2068', '\u2069'];

/** A name without the characters that would turn the sentence around it. */
export function undirected(text: string): string {
  return text.replace(DIRECTIONS, '');
}

/**
 * A name as a part of a plain sentence. One that is written from right to left is isolated, so that the words and numbers
 * around it keep their places.
 */
export function isolate(text: string): string {
  const plain = undirected(text);
  return RIGHT_TO_LEFT.test(plain) ? `${OPEN}${plain}${CLOSE}` : plain;
}

/** A part of a sentence; isolated: it has a direction of its own. */
export interface Part {
  readonly text: string;
  readonly isolated: boolean;
}

/** The parts of a sentence in which names are isolated, for markup. */
export function partsOf(sentence: string): readonly Part[] {
  return sentence
    .split(/(\u2068[^\u2069]*\u2069)/)
    .filter((text) => text !== '')
    .map((text) => ({ text: undirected(text), isolated: text.startsWith(OPEN) }));
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text as the beginning of a sentence. */
export function capital(text: string): string {
  const [first] = graphemes.segment(text);
  return first ? first.segment.toUpperCase() + text.slice(first.segment.length) : text;
}

/** How many characters a text has, as the server counts them: 👍 is one, and two for JavaScript. */
export function characters(text: string): number {
  return [...text].length;
}

/** Why a text is too long, where it is. Nothing is cut off: what was typed or pasted stays. */
export function tooLong(what: string, text: string, most: number): string | null {
  const has = characters(text.trim());
  return has > most ? `${what} has ${has} characters: ${most} at most` : null;
}

/** What a person is asked in a dialog. */
export interface Question {
  readonly title: string;
  readonly text?: string;
  /** A line to fill in; without it the question is answered with yes or no. */
  readonly field?: {
    readonly label: string;
    readonly value?: string;
    /** It is not shown and not remembered by the browser. */
    readonly secret?: boolean;
    /** How many characters it may have, 500 where nothing is said. */
    readonly most?: number;
    /** It may be left empty. */
    readonly optional?: boolean;
    /** An example of what is filled in. */
    readonly example?: string;
    /** What is wrong with what was filled in; null: nothing. */
    readonly check?: (text: string) => string | null;
    /** What will happen with what was filled in. */
    readonly says?: (text: string) => string;
  };
  /** The word on the button that says yes. */
  readonly yes: string;
}

interface Waiting {
  readonly question: Question;
  readonly answer: (text: string | null) => void;
}

/** Asks one question after the other. */
export class Asker {
  #waiting = $state.raw<readonly Waiting[]>([]);

  /** The question that is shown now. */
  get question(): Question | null {
    return this.#waiting[0]?.question ?? null;
  }

  /** Resolves to what was filled in (empty where there is no field), or to null where it was called off. */
  ask(question: Question): Promise<string | null> {
    return new Promise((answer) => {
      this.#waiting = [...this.#waiting, { question, answer }];
    });
  }

  answer(text: string | null): void {
    const [first, ...rest] = this.#waiting;
    this.#waiting = rest;
    first?.answer(text);
  }
}

/** The page's own. */
export const asker = new Asker();

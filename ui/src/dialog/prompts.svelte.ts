/** A question that a dialog asks. */
export interface Question {
  readonly title: string;
  readonly text?: string;
  /** The field to fill in; without it the question is answered with yes or no. */
  readonly field?: {
    readonly label: string;
    readonly value?: string;
    /** Masked, and not remembered by the browser. */
    readonly secret?: boolean;
    /** The most characters the answer may have, 500 by default. */
    readonly maxLength?: number;
    /** May be left empty. */
    readonly optional?: boolean;
    readonly placeholder?: string;
    /** Returns what is wrong with the answer, or null. */
    readonly validate?: (text: string) => string | null;
    /** Says what the answer will do. */
    readonly hint?: (text: string) => string;
  };
  /** The label of the button that confirms. */
  readonly confirmLabel: string;
}

interface PendingQuestion {
  readonly question: Question;
  readonly resolve: (text: string | null) => void;
}

/** A queue of questions, asked one after the other. */
export class Prompts {
  #pending = $state.raw<readonly PendingQuestion[]>([]);

  get question(): Question | null {
    return this.#pending[0]?.question ?? null;
  }

  /** Resolves to the answer (empty where there is no field), or to null when the question is cancelled. */
  ask(question: Question): Promise<string | null> {
    return new Promise((resolve) => {
      this.#pending = [...this.#pending, { question, resolve }];
    });
  }

  answer(text: string | null): void {
    const [first, ...rest] = this.#pending;
    this.#pending = rest;
    first?.resolve(text);
  }
}

/** The queue that the page shows. */
export const prompts = new Prompts();

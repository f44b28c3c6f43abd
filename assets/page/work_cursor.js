// What belongs at the cursor of the editor, as Monaco's inline completions: asked for as its reader pauses, called off as
// they go on. Knows no page and no Monaco: what it asks, and whom it tells, is handed in.

/** @typedef {{ text: string, paths: string[], tokens: number, budget: number }} Suggestion */
/** @typedef {{ before: string, after: string }} Gap */
/** @typedef {{ path: string, gap: Gap, texts: string[] }} Known */
/**
 * @typedef {{ ask: (act: "complete_at" | "complete_end", target: string, text?: string) => Promise<any>,
 *   path: () => string, model: () => string, tell: (news: { suggestion?: Suggestion, cannot?: string, error?: string }) => void,
 *   pauseMs?: number }} Page `path` "": nothing is to be suggested now.
 */

const PAUSE_MS = 300;
const MOST_CHARACTERS = 40_000; // on either side of the cursor: then a question is sent with the event
const MOST_TEXTS = 5; // to choose among at one place
const EXPLICIT = 1; // Monaco's word for a reader who asks for another one

/** @type {(text: string, offset: number) => Gap} */
export const gapAt = (text, offset) => ({
  before: text.slice(Math.max(0, offset - MOST_CHARACTERS), offset),
  after: text.slice(offset, offset + MOST_CHARACTERS),
});

/** @type {(known: Known | null, path: string, gap: Gap) => string[]} What is left of suggestions that are being typed. */
export const leftOf = (known, path, gap) => {
  if (known?.path !== path || known.gap.after !== gap.after || !gap.before.startsWith(known.gap.before)) return [];
  const typed = gap.before.slice(known.gap.before.length);
  return known.texts.filter((text) => text.startsWith(typed) && text !== typed).map((text) => text.slice(typed.length));
};

/** @type {(page: Page) => any} A provider for `registerInlineCompletionsProvider`. */
export const makeCursor = ({ ask, path, model, tell, pauseMs = PAUSE_MS }) => {
  let number = Date.now(); // grows also over what was asked before a reload
  /** @type {Known | null} */
  let known = null;
  let silentFor = ""; // the model that has said that it cannot

  /** @type {(texts: string[], at: any) => any} */
  const shown = (texts, { lineNumber, column }) => ({
    items: texts.map((insertText) => ({
      insertText,
      range: { startLineNumber: lineNumber, startColumn: column, endLineNumber: lineNumber, endColumn: column },
    })),
  });

  /** @type {(token: any) => Promise<unknown>} */
  const paused = (token) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      token.onCancellationRequested(() => {
        clearTimeout(timer);
        resolve(null);
      });
    });

  /** @type {(where: string, gap: Gap, variant: number, token: any) => Promise<any>} */
  const answerTo = async (where, gap, variant, token) => {
    const own = ++number;
    let isOpen = true;
    token.onCancellationRequested(() => isOpen && ask("complete_end", String(own)));
    const answer = await ask("complete_at", where, JSON.stringify({ ...gap, number: own, variant }));
    isOpen = false;
    return token.isCancellationRequested ? {} : answer;
  };

  /** @type {(text: any, at: any, context: { triggerKind: number }, token: any) => Promise<any>} */
  const provideInlineCompletions = async (text, at, { triggerKind }, token) => {
    const where = path();
    if (!where || silentFor === model()) return shown([], at);
    const gap = gapAt(text.getValue(), text.getOffsetAt(at));
    const texts = leftOf(known, where, gap);
    const isAnother = triggerKind === EXPLICIT;
    if (texts.length && (!isAnother || texts.length >= MOST_TEXTS)) return shown(texts, at);
    if (!isAnother) await paused(token);
    if (token.isCancellationRequested) return shown(texts, at);
    const answer = await answerTo(where, gap, texts.length, token);
    if (answer.cannot) silentFor = model();
    if (answer.cannot || answer.error) tell(answer);
    if (!answer.text) return shown(texts, at);
    known = { path: where, gap, texts: [...new Set([...texts, answer.text])] };
    tell({ suggestion: answer });
    return shown(known.texts, at);
  };

  return { provideInlineCompletions, disposeInlineCompletions: () => {} };
};

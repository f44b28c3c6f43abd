// What the page asks of the server, and how it is answered. ui/parts/page_events.py is the other side.
import { upload } from "./gradio.js";

/** @typedef {{ act: string, target: string, number: number, text?: string, file?: string }} Asked */
/** @typedef {{ number?: number, [word: string]: any }} Answer */

const LONG = 100_000; // characters: what an event has no room for goes as a file; see ui/parts/sent_text.py
/** @type {Map<number | undefined, (answer: Answer) => void>} */
const waiting = new Map();
/** @type {Asked[]} */
const early = []; // what is asked before anybody listens
let number = 0;
/** @type {(asked: Asked) => void} */
let send = (asked) => void early.push(asked);

/**
 * Ask for an act with a text or a file; the promise holds the answer, for acts that are answered.
 * @type {(act: string, target?: string, content?: string | File) => Promise<Answer>}
 */
export const ask = (act, target = "", content = "") =>
  new Promise((resolve) => {
    const own = ++number;
    waiting.set(own, resolve);
    if (typeof content === "string" && content.length <= LONG) send({ act, target, text: content, number: own });
    else
      upload(typeof content === "string" ? new Blob([content]) : content).then(
        (file) => send({ act, target, file, number: own }),
        (error) => hear({ number: own, error: error.message }),
      );
  });

/** @type {(answer?: Answer) => void} */
export const hear = (answer) => {
  if (answer) waiting.get(answer.number)?.(answer);
  waiting.delete(answer?.number);
};

/** @type {(trigger: (asked: Asked) => void) => void} */
export const connect = (trigger) => {
  send = trigger;
  early.splice(0).forEach(trigger);
};

// What the page asks of the server, and how it is answered. ui/parts/page_events.py is the other side.
import { upload } from "./gradio.js";

/** @typedef {{ act: string, target: string, number: number, key: string, text?: string, file?: string }} Asked */
/** @typedef {{ number?: number, [word: string]: any }} Answer */

const LONG = 100_000; // characters: what an event has no room for goes as a file; see ui/parts/sent_text.py
const LOOK_MS = 3000;
/** @type {Map<number | undefined, (answer: Answer) => void>} */
const waiting = new Map();
/** @type {Asked[]} */
const early = []; // what is asked before anybody listens
let number = 0;
/** @type {(asked: Asked) => void} */
let send = (asked) => void early.push(asked);

/** @type {(name: string) => void} */
let drawNow = () => {}; // what is drawn before the page is built would be drawn over

/**
 * Ask for an act with a text or a file; the promise holds the answer, for acts that are answered. Under a `key` the
 * server knows what is sent twice.
 * @type {(act: string, target?: string, content?: string | File, key?: string) => Promise<Answer>}
 */
export const ask = (act, target = "", content = "", key = "") =>
  new Promise((resolve) => {
    const own = ++number;
    waiting.set(own, resolve);
    if (typeof content === "string" && content.length <= LONG) send({ act, target, key, text: content, number: own });
    else
      upload(typeof content === "string" ? new Blob([content]) : content).then(
        (file) => send({ act, target, key, file, number: own }),
        (error) => hear({ number: own, error: error.message }),
      );
  });

/** @type {(answer?: Answer) => void} */
export const hear = (answer) => {
  if (answer) waiting.get(answer.number)?.(answer);
  waiting.delete(answer?.number);
};

/**
 * Whether the server answers. Asked over a connection that ended without a word, there is no answer ever: the next asks
 * over another.
 * @type {() => Promise<boolean>}
 */
export const isServerThere = () =>
  fetch("manifest.json", { cache: "no-store", signal: AbortSignal.timeout(LOOK_MS) }).then(
    (reply) => reply.ok,
    () => false,
  );

/** @type {() => void} */
let setConnected = () => {};
/** @type {Promise<void>} Fulfilled once what is asked is heard, and components can be drawn. */
export const whenConnected = new Promise((resolve) => (setConnected = resolve));

/** @type {(name: string) => void} Have components drawn anew without the server: see `PageEvents.draw`. */
export const draw = (name) => drawNow(name);

/** @type {(trigger: (asked: Asked) => void, drawer?: (name: string) => void) => void} */
export const connect = (trigger, drawer = () => {}) => {
  send = trigger;
  drawNow = drawer;
  early.splice(0).forEach(trigger);
  setConnected();
};

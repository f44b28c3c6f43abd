// The frame that programs run in, from the app's side: a stranger to it, made for each run and taken away to stop one.
// What comes out of it is text that anybody may have written.
import { make } from "./elements.js";

/** @typedef {{ kind: string, level?: string, text?: string, line?: number, name?: string, image?: string }} News */
/** @typedef {{ frame: any, send: (message: object) => void, stop: () => void }} Runner */

const PING_MS = 2000;
const SILENT = 4; // pings without an answer: it is in an endless loop

/**
 * Make a frame in `place`; `hear` is told what comes from it, `begin` is called once it is there.
 * @type {(place: any, hear: (news: News) => void, begin: (runner: Runner) => void, network?: boolean) => Runner}
 */
export const makeRunner = (place, hear, begin, network = false) => {
  const frame = make("iframe", {
    src: network ? "run-frame/network" : "run-frame",
    title: place.dataset.title ?? "",
    className: "ds-run-frame",
  });
  frame.sandbox = "allow-scripts"; // as its policy says: from this the browser gives it a process of its own
  let unanswered = 0;
  /** @type {Runner} */
  const runner = {
    frame,
    send: (message) => frame.contentWindow?.postMessage(message, "*"), // its origin is none that could be named
    stop: () => {
      clearInterval(pinging);
      removeEventListener("message", listen);
      frame.remove();
    },
  };
  const listen = (/** @type {MessageEvent} */ event) => {
    if (event.source !== frame.contentWindow || typeof event.data?.kind !== "string") return;
    if (event.data.kind === "ready") begin(runner);
    else if (event.data.kind === "pong") unanswered = 0;
    else hear(event.data);
  };
  const pinging = setInterval(() => {
    runner.send({ act: "ping" });
    if (++unanswered === SILENT) hear({ kind: "silent" });
  }, PING_MS);
  addEventListener("message", listen);
  place.replaceChildren(frame);
  return runner;
};

// The frame in which Mermaid draws, from the app's side: a stranger to it, made for the first diagram and kept for the
// others, which are drawn one after the other. What comes out of it is text that anybody may have written.
import { find, make } from "./elements.js";
import { isDark } from "./gradio.js";
import { libraryOf, readFile } from "./libraries.js";

/** @typedef {{ svg: string, width: number, height: number }} Drawing */
/** @typedef {{ fault: "wrong" | "tooLong" | "unreachable", text: string }} Fault Why there is none. */

const LIBRARY = "mermaid";
const FRAME = "ds-diagram-frame";
const OPENS_MS = 60_000; // a slow machine takes its time over so large a library
const LIMIT_MS = 30_000;
const COLOURS = Object.freeze({
  background: "--ds-page",
  primaryColor: "--ds-accent-soft",
  primaryTextColor: "--ds-text",
  primaryBorderColor: "--ds-accent",
  textColor: "--ds-text",
  lineColor: "--ds-quiet",
  edgeLabelBackground: "--ds-code",
  noteBkgColor: "--ds-soft",
  noteTextColor: "--ds-text",
  noteBorderColor: "--ds-line",
});
const SCALE = [...Array(12).keys()].map((at) => [`cScale${at}`, at % 2 ? "--ds-accent" : "--ds-main"]);
/** What Mermaid itself would make black on black. */
const DARK = Object.freeze({ primaryColor: "--ds-main", ...Object.fromEntries(SCALE) });
/** @type {Promise<HTMLIFrameElement> | null} */
let opened = null;
/** @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * What the frame says to what `begin` does, if it is one of these kinds; rejected where it says nothing for so long.
 * @type {(frame: HTMLIFrameElement, kinds: string[], begin: () => void, limitMs: number) => Promise<any>}
 */
const told = (frame, kinds, begin, limitMs) =>
  new Promise((resolve, reject) => {
    const end = () => [clearTimeout(timer), removeEventListener("message", listen)];
    const listen = (/** @type {MessageEvent} */ { source, data }) => {
      if (source === frame.contentWindow && kinds.includes(data?.kind)) [end(), resolve(data)];
    };
    const timer = setTimeout(() => [end(), reject(new Error("silent"))], limitMs);
    addEventListener("message", listen);
    begin();
  });

/** @type {(frame: HTMLIFrameElement, message: object) => void} Its origin is none that could be named. */
const send = (frame, message) => frame.contentWindow?.postMessage(message, "*");

const open = async () => {
  const library = new TextDecoder().decode(await readFile(LIBRARY, "dist/mermaid.min.js"));
  const title = find("#code-bar")?.dataset.sayDiagram;
  const frame = make("iframe", { src: "diagram-frame", className: FRAME, tabIndex: -1, title });
  frame.sandbox = "allow-scripts"; // as its policy says: from this the browser gives it a process of its own
  frame.setAttribute("aria-hidden", "true");
  await told(frame, ["ready"], () => document.body.append(frame), OPENS_MS);
  await told(frame, ["begun"], () => send(frame, { act: "begin", library }), OPENS_MS);
  return frame;
};

const close = () => {
  find(`.${FRAME}`)?.remove();
  opened = null;
};

/** The page's colours by Mermaid's names, and its letters. */
const look = () => {
  const style = getComputedStyle(document.body);
  const names = Object.entries({ ...COLOURS, ...(isDark() ? DARK : {}) });
  const colours = names.map(([name, ours]) => [name, style.getPropertyValue(ours).trim()]);
  return { darkMode: isDark(), font: style.fontFamily, ...Object.fromEntries(colours) };
};

/** @type {(code: string) => Promise<Drawing | Fault>} */
const drawNow = async (code) => {
  const frame = await (opened ??= open()).catch(close);
  if (!frame) return { fault: "unreachable", text: "" };
  try {
    const ask = () => send(frame, { act: "draw", code, look: look() });
    const { kind, svg, width, height, text } = await told(frame, ["drawn", "wrong"], ask, LIMIT_MS);
    if (kind === "wrong") return { fault: "wrong", text: String(text) };
    return { svg: String(svg), width: Number(width), height: Number(height) };
  } catch {
    close(); // it does not come to an end, and another diagram may
    return { fault: "tooLong", text: "" };
  }
};

/** @type {() => Promise<boolean>} Whether diagrams can be drawn here at all. */
export const canDraw = async () => Boolean(await libraryOf(LIBRARY));

/** @type {(code: string) => Promise<Drawing | Fault>} In the page's colours. */
export const drawDiagram = (code) => {
  const drawing = last.then(() => drawNow(code));
  last = drawing;
  return drawing;
};

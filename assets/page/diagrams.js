// Diagrams in answers: their code gives way to what diagram_frame.js draws of it, once it is written to its end, and is
// there again at a click. Gradio draws a message anew as it grows; what was drawn before is put in at once.
import { plain } from "./clipboard.js";
import { canDraw, drawDiagram } from "./diagram_frame.js";
import { find, findAll, make } from "./elements.js";
import { GRADIO, isDark, themeHost } from "./gradio.js";

/** @typedef {import("./diagram_frame.js").Drawing} Drawing */
/** @typedef {import("./diagram_frame.js").Fault} Fault */

const MOST_KEPT = 100;
const LEAST_SCALE = 0.6; // one that is smaller could not be read, and scrolls instead
/** @type {Map<string, Drawing | Fault | null>} Of what was drawn, by theme and code; null as long as it is being drawn. */
const drawn = new Map();
/** @type {Set<string>} Code that the reader wants to see instead. */
const asCode = new Set();

/** @type {(language: string) => boolean} */
export const isDiagram = (language) => language.toLowerCase() === "mermaid";

/** @type {(wrap: Element) => string} */
const codeOf = (wrap) => plain(wrap.querySelector("pre")?.textContent ?? "");
/** @type {(code: string) => string} */
const keyOf = (code) => `${isDark()} ${code}`;

/** @type {(wrap: any) => boolean} Whether something follows: until then more of it may come. */
const isWritten = (wrap) => {
  const said = [...wrap.closest(GRADIO.conversation).querySelectorAll(GRADIO.message)];
  const rest = document.createRange();
  rest.setStartAfter(wrap);
  rest.setEndAfter(wrap.closest(GRADIO.text).lastChild);
  return said.at(-1) !== wrap.closest(GRADIO.message) || rest.toString().trim() !== "";
};

/** @type {(drawing: Drawing) => Element} As a picture, in which nothing runs and from which nothing is fetched. */
const pictureOf = ({ svg, width, height }) => {
  const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  const picture = make("img", { src, width, height, alt: find("#code-bar").dataset.sayDiagram });
  picture.style.minWidth = `${width * LEAST_SCALE}px`;
  return picture;
};

/** @type {(fault: Fault) => Element} */
const reasonOf = ({ fault, text }) => {
  const { sayWrong, sayTooLong, sayUnreachable } = find("#code-bar").dataset;
  const said = { wrong: `${sayWrong} ${text}`, tooLong: sayTooLong, unreachable: sayUnreachable }[fault];
  return make("p", { className: "ds-code-fault", textContent: said });
};

/** @type {(wrap: any, result: Drawing | Fault) => void} */
const show = (wrap, result) => {
  const isFault = "fault" in result;
  wrap.dataset.shows = isFault || asCode.has(codeOf(wrap)) ? "code" : "drawing";
  wrap.querySelector('[data-code="turn"]').hidden = isFault && result.fault === "wrong";
  for (const old of wrap.querySelectorAll(".ds-drawing, .ds-code-fault")) old.remove();
  const part = isFault ? reasonOf(result) : make("div", { className: "ds-drawing", tabIndex: 0 }, pictureOf(result));
  wrap.querySelector(".ds-code-bar").after(part);
};

/** @type {(code: string) => Promise<void>} */
const draw = async (code) => {
  const key = keyOf(code);
  drawn.set(key, null);
  if (!(await canDraw())) return;
  drawn.set(key, await drawDiagram(code));
  if (drawn.size > MOST_KEPT) drawn.delete([...drawn.keys()][0]);
  drawDiagrams();
};

/** Show what is drawn, and draw what is not yet. */
export const drawDiagrams = () => {
  for (const wrap of findAll(`${GRADIO.code}.is-diagram:not([data-shows])`)) {
    if (!isWritten(wrap)) continue;
    const code = codeOf(wrap);
    const result = drawn.get(keyOf(code));
    if (result) show(wrap, result);
    else if (result === undefined) draw(code);
  }
};

const drawAnew = () => {
  for (const wrap of findAll(`${GRADIO.code}[data-shows]`)) delete wrap.dataset.shows;
  drawDiagrams();
};

/** @type {(wrap: any) => void} From the drawing to the code, or back; what could not be fetched is tried again. */
export const turnDiagram = (wrap) => {
  const code = codeOf(wrap);
  if (wrap.dataset.shows === "drawing") asCode.add(code);
  else asCode.delete(code);
  const result = drawn.get(keyOf(code));
  if (result && "fault" in result) drawn.delete(keyOf(code));
  drawAnew();
};

export const hearDiagrams = () => {
  let was = isDark();
  const look = () => {
    if (was !== isDark()) drawAnew();
    was = isDark();
  };
  new MutationObserver(look).observe(themeHost(), { attributeFilter: ["class"] });
};

// A link in an answer leads to the web or into a mail, and nowhere else: not into this machine's files, nor to a program
// that another scheme would start.
import { around } from "./elements.js";
import { GRADIO } from "./gradio.js";

const KNOWN = new Set(["http:", "https:", "mailto:"]);
const ANSWERS = ["#chatbot", "#code-explanation", "[id^='compare-']"];

export const holdLinks = () => {
  const inAnswer = ANSWERS.map((place) => `${place} ${GRADIO.text} a[href]`).join(", ");
  /** @type {(event: Event) => void} */
  const hold = (event) => {
    const link = around(event, inAnswer);
    if (link && !KNOWN.has(link.protocol)) event.preventDefault();
  };
  for (const kind of ["click", "auxclick", "dragstart"]) document.addEventListener(kind, hold, true);
};

// The line under the editor that tells of suggestions at the cursor: what they were made of, or why there are none.
import { find, make } from "./elements.js";
import { inTab } from "./kept.js";
import { button, word } from "./work_words.js";

const TOLD = "deepseek-space-no-suggestions"; // what was said in this tab; each thing once

/** @type {() => string} Which model answers. */
export const modelNow = () => find("#status-line .ds-model .ds-name")?.textContent ?? "";

/** @type {(number: number) => string} */
const grouped = (number) => number.toLocaleString(document.documentElement.lang || "en");

/**
 * @type {(news: { suggestion?: import("./work_cursor.js").Suggestion, cannot?: string, error?: string },
 *   askInWords: () => void) => void}
 */
export const tellCursor = ({ suggestion, cannot, error }, askInWords) => {
  const line = find("#workbench .ds-work-cursor");
  const close = () => (line.hidden = true);
  if (cannot && inTab.get(TOLD) === cannot) return;
  if (cannot) inTab.set(TOLD, cannot);
  line.hidden = false;
  line.title = suggestion?.paths.join("\n") ?? "";
  if (suggestion) {
    const files = suggestion.paths.length ? `, ${word("otherFiles")} ${suggestion.paths.length}` : "";
    line.textContent = `${word("readForIt")} ${grouped(suggestion.tokens)} / ${grouped(suggestion.budget)}${files} · ${word("suggestionKeys")}`;
  } else
    line.replaceChildren(
      make("span", { className: "ds-grow", textContent: cannot ?? error }),
      ...(cannot ? [button("askInWords", "ds-pill", () => (close(), askInWords()))] : []),
      button("close", "ds-pill", close),
    );
};

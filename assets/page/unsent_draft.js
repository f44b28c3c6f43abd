// The message that is being written, as this tab keeps it through a reload.
import { find, whenBuilt, write } from "./elements.js";
import { FIELDS } from "./gradio.js";
import { inTab } from "./kept.js";

const DRAFT = "deepseek-space-draft"; // assets/shell/shell.js has it in its field at once

/** @type {(text: string) => void} */
export const keepDraft = (text) => inTab.set(DRAFT, text);

const bringBack = () => {
  const field = () => find(FIELDS.message);
  const draft = inTab.get(DRAFT);
  inTab.remove(DRAFT);
  addEventListener("pagehide", () => find("#shell") || keepDraft(field()?.value ?? "")); // until then the last one stays
  if (draft && !field().value && !find("#shell")) write(field(), draft);
};

// A field that has only just been built is still to be filled by Gradio.
export const startDraft = () => whenBuilt([FIELDS.message, "#chats"], () => setTimeout(bringBack));

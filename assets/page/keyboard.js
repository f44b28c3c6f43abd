// Keys for what is done often, and the sheet that lists them; see ui/html/key_sheet.py.
import { announce } from "./access.js";
import { around, find, findAll, findShown, press, whenBuilt } from "./elements.js";
import { FIELDS, GRADIO } from "./gradio.js";
import { stepTo } from "./history.js";
import { always } from "./kept.js";
import { openPalette } from "./palette.js";

const SINGLE_KEYS = "ds-single-keys";
const field = () => find(FIELDS.message);
const goToField = () => {
  if (!field().checkVisibility()) find(GRADIO.tab).click();
  requestAnimationFrame(() => field().focus()); // once its tab is shown
  return true;
};
const openSheet = () => {
  find("#help-sheet").showModal();
  return true;
};
const copyLast = () => {
  const isThere = press('#chatbot .ds-act[name="copy"]:enabled');
  if (isThere) announce("sayCopied");
  return isThere;
};

/** @type {Record<string, () => boolean>} By place on the keyboard, so that they are the same in every layout. */
const MOD_KEYS = {
  KeyN: () => press('.ds-act[name="new"]'),
  KeyI: goToField,
  KeyC: copyLast,
  KeyM: () => press("#models-open"),
  KeyP: () => press("#parameters-open"),
  ArrowUp: () => stepTo(-1),
  ArrowDown: () => stepTo(1),
};

/** @type {Record<string, () => boolean>} What other chats have too: Control, on Apple's Command, with or without Shift. */
const KNOWN_KEYS = {
  KeyK: openPalette,
  KeyB: () => press("#chats-open"),
  "Shift KeyO": MOD_KEYS.KeyN,
};

/** @type {(platform: string) => boolean} */
export const isApple = (platform) => /Mac|iPhone|iPad/.test(platform);
const ALL_MODS = ["Control", "Shift", "Alt", "Meta"];

/**
 * Whether exactly the keys that stand for Mod on this machine are held down: Alt, but where Alt writes letters.
 * @type {(event: Pick<KeyboardEvent, "getModifierState">, platform: string) => boolean}
 */
export const hasMod = (event, platform) => {
  const mods = isApple(platform) ? ["Control", "Shift"] : ["Alt"];
  return ALL_MODS.every((key) => event.getModifierState(key) === mods.includes(key));
};

/**
 * The name of a key that is held down with Control, or Command on Apple's, and at most Shift; else nothing.
 * @type {(event: Pick<KeyboardEvent, "getModifierState" | "code">, platform: string) => string}
 */
export const knownKey = (event, platform) => {
  const main = isApple(platform) ? "Meta" : "Control";
  const held = ALL_MODS.filter((mod) => event.getModifierState(mod));
  if (held.some((mod) => mod !== main && mod !== "Shift") || !held.includes(main)) return "";
  return held.includes("Shift") ? `Shift ${event.code}` : event.code;
};

/** @type {(event: Event) => boolean} */
const isInText = (event) => around(event, "input, textarea, select, [contenteditable=true]") !== null;

/** @type {(event: KeyboardEvent) => boolean | undefined} Do what the key stands for; whether it does. */
const run = (event) => {
  if (hasMod(event, navigator.platform)) return MOD_KEYS[event.code]?.();
  const known = KNOWN_KEYS[knownKey(event, navigator.platform)];
  if (known) return known();
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "Escape" && event.shiftKey) return goToField();
  if (event.key === "Escape" && !findShown(`dialog[open], :popover-open, ${GRADIO.choices}`).length) {
    return press("#chat-stop, #code-stop");
  }
  if (event.key === "?" && !isInText(event) && find("#single-keys").checked) return openSheet();
  if (event.key === "ArrowUp" && event.target === field() && !field().value)
    return press('#chatbot .ds-act[name="edit"]:enabled');
  return false;
};

/**
 * While a word is being composed, as in Chinese, every key belongs to the input method.
 * @type {(event: Pick<KeyboardEvent, "isComposing" | "keyCode">) => boolean}
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

// The field has the focus from the start, so that one can write at once, also with an input method. The first Tab goes
// to the top of the page all the same, as if nothing had it yet.
const sendFirstTabToTop = () => {
  let isUntouched = true;
  /** @type {(event: Event) => void} */
  const touch = (event) => {
    if (event.isTrusted) isUntouched = false;
  };
  for (const type of ["pointerdown", "input"]) document.addEventListener(type, touch, true);
  document.addEventListener(
    "keydown",
    (event) => {
      const isFirst = isUntouched && event.key === "Tab" && !event.shiftKey && event.target === field();
      touch(event);
      if (!isFirst) return;
      event.preventDefault();
      find(".ds-skip").focus();
    },
    true,
  );
};

/** @type {(event: Event) => void} */
const skip = (event) => {
  event.preventDefault();
  const here = findShown(`${FIELDS.task}, ${FIELDS.question}`)[0];
  if (here) here.focus();
  else goToField();
};

const hearSheet = () => {
  document.addEventListener("click", (event) => {
    if (around(event, ".ds-help")) openSheet();
    if (around(event, "#help-close")) find("#help-sheet").close();
    if (around(event, ".ds-skip")) skip(event);
  });
  document.addEventListener("change", (event) => {
    const box = around(event, "#single-keys");
    if (box) always.set(SINGLE_KEYS, String(box.checked));
  });
  whenBuilt(["#help-sheet"], () => {
    find("#single-keys").checked = always.get(SINGLE_KEYS) !== "false";
    if (!isApple(navigator.platform)) return;
    for (const key of findAll("kbd[data-mod]")) key.textContent = "⌃ ⇧";
    for (const key of findAll("kbd[data-main]")) key.textContent = "⌘";
  });
};

export const hearKeys = () => {
  for (const type of /** @type {const} */ (["keydown", "keypress"])) {
    document.addEventListener(type, (event) => isComposing(event) && event.stopPropagation(), true);
  }
  document.addEventListener("keydown", (event) => {
    if (!event.defaultPrevented && !isComposing(event) && run(event)) event.preventDefault();
  });
  sendFirstTabToTop();
  hearSheet();
};

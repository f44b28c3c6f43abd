// Panels beside the page: nobody gets into a closed one, Escape closes, one at a time on each side (one in all where
// two leave no room for the page). A panel "x" is opened and closed by the element "x-open"; see ui/parts/panel.py.
import { find, findAll, findShown } from "./elements.js";
import { GRADIO, sidebar } from "./gradio.js";
import { draw, whenConnected } from "./server.js";

const ROOM_PX = 640;
const LATE = ["models", "parameters"]; // built when they are first opened
let wanted = ""; // the one of them that is being built
/** @type {any[]} */
const panels = [];
/** @type {any[]} */
const opened = []; // the last one opened comes last
/** @type {any} */
let yielded = null; // the one on the left that made room, and comes back

const { isOpen, isRight } = sidebar;
/** @type {(panel: any) => any} */
const opener = (panel) => find(`#${panel.id}-open`);
/** @type {(panel: any) => void} */
const toggle = (panel) => sidebar.button(panel).click();
/** @type {(one: any, other: any) => boolean} */
const leaveNoRoom = (one, other) => innerWidth - one.offsetWidth - other.offsetWidth < ROOM_PX;

/** @type {(panel: any) => void} */
const name = (panel) => {
  const head = panel.querySelector("h2");
  const text = head.textContent;
  const close = sidebar.button(panel);
  panel.setAttribute("role", "region");
  panel.setAttribute("aria-label", text);
  panel.tabIndex = -1;
  close.dataset.label = head.dataset.sayClose;
  close.setAttribute("aria-label", `${close.dataset.label}: ${text}`);
  opener(panel)?.setAttribute("aria-controls", panel.id);
};

/** @type {(panel: any) => void} */
const settle = (panel) => {
  const open = isOpen(panel);
  const hadFocus = panel.contains(document.activeElement);
  panel.inert = !open;
  opener(panel)?.setAttribute("aria-expanded", String(open));
  const place = opened.indexOf(panel);
  if (place >= 0 === open) return;
  if (open) return settleOpened(panel);
  opened.splice(place, 1);
  if (hadFocus || document.activeElement === document.body) opener(panel)?.focus();
  if (yielded && isRight(panel) && !panels.some(isOpen)) toggle(yielded);
};

/** @type {(panel: any) => void} */
const settleOpened = (panel) => {
  opened.push(panel);
  const isBack = panel === yielded;
  if (!isRight(panel)) yielded = null;
  for (const other of panels.filter((each) => each !== panel && isOpen(each))) {
    const isBeside = isRight(other) !== isRight(panel);
    if (isBeside && !leaveNoRoom(other, panel)) continue;
    if (isBeside && !isRight(other)) yielded = other;
    toggle(other);
  }
  if (!isBack && !panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
};

/** @type {(panel: any) => void} */
const adopt = (panel) => {
  panels.push(panel);
  name(panel);
  if (isOpen(panel)) opened.push(panel);
  settle(panel);
  new MutationObserver(() => settle(panel)).observe(panel, { attributeFilter: ["class"] });
  if (panel.id !== wanted) return;
  wanted = "";
  toggle(panel);
};

// Gradio builds some of them later than others.
const arrive = () => {
  for (const panel of findAll(GRADIO.sidebar)) if (!panels.includes(panel) && panel.querySelector("h2")) adopt(panel);
};

const isWriting = () => findShown("#chat-stop, #code-stop").length > 0;

/** @type {(event: KeyboardEvent) => void} */
const closeByKey = (event) => {
  const at = document.activeElement;
  const isBusy = findShown(`:popover-open, dialog[open], ${GRADIO.choices}`).length;
  const isMeant = (/** @type {any} */ each) => each.contains(at) || at === document.body || !isWriting() && isRight(each);
  const panel = opened.findLast(isMeant);
  if (event.key !== "Escape" || event.shiftKey || event.isComposing || isBusy || !panel) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toggle(panel);
};

export const hearPanels = () => {
  document.addEventListener("click", ({ target }) => {
    const panel = panels.find((each) => opener(each)?.contains(target));
    if (panel) return toggle(panel);
    const late = LATE.find((id) => find(`#${id}-open`)?.contains(target));
    if (!late) return;
    wanted = late;
    whenConnected.then(() => draw(`build_${late}`));
  });
  // Before anybody else hears of the key: while nothing is written, or in a panel, Escape means the panel.
  document.addEventListener("keydown", closeByKey, true);
  new MutationObserver(arrive).observe(document.documentElement, { childList: true, subtree: true });
};

// Where the reader is: tab and chat follow the address, with Back and Forward and after a reload, and the address and
// the window's title follow them. Which tab is shown, Gradio knows; those of the head only lead there.
import { here, write } from "./address.js";
import { around, find, findAll, whenBuilt } from "./elements.js";
import { GRADIO, tabOf } from "./gradio.js";
import * as chats from "./history.js";

const PAGE = "-page";
const app = () => find("h1")?.textContent ?? "";
/** @type {{ tab: string, isOpen: boolean } | null} */
let awaited = null; // where an address leads: nothing is told before the reader is there

const tab = () => find(`${GRADIO.tab}[aria-selected=true]`)?.getAttribute("aria-controls").slice(0, -PAGE.length) ?? "chat";
/** @type {(name: string) => void} */
const showTab = (name) => tab() === name || find(tabOf(name + PAGE))?.click();

const nameWindow = () => {
  const chat = chats.listChats().find(({ id }) => id === chats.current());
  const title = tab() === "chat" ? chat?.title : find(`.ds-tab[href="#${tab()}"]`)?.textContent;
  document.title = title ? `${title} · ${app()}` : app();
};

const mark = () => {
  for (const link of findAll(".ds-tab")) link.setAttribute("aria-selected", String(link.hash === `#${tab()}`));
  const sign = find(`.ds-tab[aria-selected=true] svg`);
  find("#tabs-open svg")?.replaceWith(sign.cloneNode(true));
};

/** Tell by the address and the title where the reader is now. */
const note = () => {
  mark();
  nameWindow();
  if (awaited && (tab() !== awaited.tab || !awaited.isOpen)) return;
  awaited = null;
  const [now, before] = [{ tab: tab(), chat: chats.current() ?? "" }, here()];
  // A new chat gets a name with its first message: it is where the reader is already.
  const isNamed = before?.tab === "chat" && !before.chat && now.tab === "chat" && chats.isBegunHere(now.chat);
  write(now, Boolean(before) && !isNamed);
};

/** @type {(name: string, opening?: Promise<unknown>) => Promise<void>} */
const goThere = async (name, opening) => {
  const way = { tab: name, isOpen: name !== "chat" };
  awaited = way;
  showTab(name);
  await opening;
  way.isOpen = true;
  note();
};

/** Show what the address names; what it does not name stays. */
const follow = () => {
  const place = here();
  if (place) goThere(place.tab, place.tab === "chat" ? chats.goTo(place.chat) : undefined);
};

/** @type {(event: MouseEvent) => void} A click for a window of its own is the browser's. */
const lead = (event) => {
  const link = around(event, ".ds-tab");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showTab(link.hash.slice(1));
  const list = find("#page-tabs");
  if (list.matches(":popover-open")) list.hidePopover();
};

export const hearPlaces = () => {
  document.addEventListener("click", lead);
  addEventListener("popstate", follow);
  whenBuilt([".ds-tab", tabOf("chat" + PAGE)], () => {
    new MutationObserver(note).observe(find("#tabs"), { subtree: true, attributeFilter: ["aria-selected"] });
    chats.watchChats(note);
    goThere(here()?.tab ?? "chat", find("#chats") ? chats.whenOpen : undefined);
  });
};

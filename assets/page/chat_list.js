// The sidebar: draws the list of chats, searches it, and does what its menus say. What a chat is, history.js knows.
import { saveJson, saveMarkdown, savePage } from "./chat_files.js";
import { importedText, tell, words } from "./chat_notices.js";
import { hasWords } from "./chat_record.js";
import { around, find, make, whenBuilt } from "./elements.js";
import { sidebar } from "./gradio.js";
import * as chats from "./history.js";
import { always } from "./kept.js";
import { openPalette } from "./palette.js";
import { ask } from "./server.js";
import { filesIn, isZip } from "./zip.js";

/** @typedef {import("./chat_record.js").Chat} Chat */
/** @typedef {import("./chat_record.js").Head} Head */

const DAY_MS = 86_400_000;
const WIDE = "(min-width: 1000px)"; // as in history.css: there the list stands beside the conversation
const CLOSED = "deepseek-space-list-closed";
const MOST_TITLE_LETTERS = 200;
const CONVERSATIONS = /(^|\/)conversations(-\d+)?\.json$/; // in what ChatGPT exports
const EXPORTED = ["you", "assistant", "thoughts", "prompt", "tokens", "speed", "broken"];
/** @type {Set<string> | null} */
let found = null; // ids, while something is searched for
/** @type {string | null} */
let renaming = null;
/** @type {any} */
let chosen = null; // the chat whose menu is open

/** @type {(chat: Head) => string} */
const period = ({ updated: time, pinned }) => {
  if (pinned) return "pinned";
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (time >= midnight) return "today";
  return time >= midnight - DAY_MS ? "yesterday" : "earlier";
};

/** @type {(chat: Head) => Element} */
const item = (chat) => {
  const name = make("button", { type: "button", className: "ds-chat-name", textContent: chat.title });
  if (chat.id === chats.current()) name.setAttribute("aria-current", "true");
  name.onclick = () => openChat(chat.id);
  const more = make("button", { type: "button", className: "ds-chat-more", textContent: "⋯" });
  more.setAttribute("aria-label", `${words("more")}: ${chat.title}`);
  more.onclick = () => openMenu(more, find("#chat-menu"), chat);
  const row = make("li", { className: "ds-chat" }, renaming === chat.id ? renamer(chat) : name, more);
  row.dataset.chat = chat.id;
  return row;
};

/** @type {(chat: Head) => Element} The field for another title. */
const renamer = (chat) => {
  const look = { className: "ds-chat-field", ariaLabel: words("title"), maxLength: MOST_TITLE_LETTERS };
  const field = make("input", { value: chat.title, ...look });
  const end = (/** @type {string} */ title) => {
    if (renaming !== chat.id) return;
    renaming = null;
    if (title) chats.renameChat(chat.id, title);
    draw();
  };
  field.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") end(field.value);
    if (event.key === "Escape") end("");
    if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
  };
  field.onblur = () => end(field.value);
  return field;
};

const isRenaming = () => renaming && document.activeElement?.matches("#chats-list .ds-chat-field");

const draw = () => {
  const place = find("#chats-list");
  if (!place || isRenaming()) return;
  const listed = chats.listChats().filter((chat) => !found || found.has(chat.id));
  if (!listed.length) {
    place.replaceChildren(make("p", { className: "ds-chats-none", textContent: words(found ? "nomatch" : "empty") }));
    return;
  }
  const focused = /** @type {any} */ (document.activeElement?.closest(".ds-chat"))?.dataset.chat;
  place.replaceChildren(
    ...[...grouped(listed)].flatMap(([name, members]) => [
      make("h3", { textContent: words(name) }),
      make("ul", {}, ...members.map(item)),
    ]),
  );
  const field = place.querySelector(".ds-chat-field");
  if (field) field.select();
  else if (focused) place.querySelector(`[data-chat="${focused}"] .ds-chat-name`)?.focus();
};

/** @type {(listed: Head[]) => Map<string, Head[]>} */
const grouped = (listed) => {
  const groups = new Map();
  for (const chat of listed) groups.set(period(chat), [...(groups.get(period(chat)) ?? []), chat]);
  return groups;
};

const search = async () => {
  const asked = find("#chats-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (/** @type {Chat} */ chat) => hasWords(chat, asked);
  found = asked.length ? new Set((await chats.allChats()).filter(has).map((chat) => chat.id)) : null;
  draw();
};

const isOver = () => !matchMedia(WIDE).matches;
const toggle = () => sidebar.turn(find("#chats"));
/** @type {(id: string) => Promise<void>} */
const openChat = (id) => {
  if (isOver()) toggle();
  return chats.openChat(id);
};

/** @type {(button: Element, menu: any, chat: Head | null) => void} */
const openMenu = (button, menu, chat) => {
  chosen = chat;
  const [pin, unpin] = ["pin", "unpin"].map((name) => menu.querySelector(`[data-do="${name}"]`));
  if (pin) [pin.hidden, unpin.hidden] = [Boolean(chat?.pinned), !chat?.pinned];
  menu.showPopover();
  const { bottom, right } = button.getBoundingClientRect();
  menu.style.top = `${Math.min(bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
  menu.querySelector("button:not([hidden])").focus();
};

/** @type {(file: File) => Promise<void>} */
const takeFile = async (file) => {
  const files = (await isZip(file)) ? await filesIn(file, (path) => CONVERSATIONS.test(path)).catch(() => null) : [file];
  if (!files) return tell(`${file.name}: ${words("damaged")}`);
  const counts = { added: 0, known: 0, twice: 0 };
  const leftOut = [];
  for (const part of files) {
    const answer = await ask("import_chats", part.name, part);
    if (answer.error) return tell(`${part.name}: ${answer.error}`);
    const taken = await chats.takeIn(answer.chats);
    for (const name of /** @type {const} */ (["added", "known", "twice"])) counts[name] += taken[name];
    leftOut.push(answer.left_out);
  }
  tell([importedText(counts, words), ...leftOut].filter(Boolean).join(" "));
};

const exportedWords = () => Object.fromEntries(EXPORTED.map((name) => [name, words(name)]));
const theChosen = async () => {
  const chat = await chats.getChat(chosen.id);
  return chat ? [chat] : [];
};
const exportPage = async () => {
  for (const chat of await theChosen()) {
    const answer = await ask("export_page", chat.title, JSON.stringify(chat));
    if (answer.error) tell(answer.error);
    else savePage(chat, answer.page);
  }
};
const forget = async () => {
  const chat = await chats.forgetChat(chosen.id);
  if (chat) tell(`${words("deleted")} ${chat.title}`, () => chats.restoreChat(chat));
};
/** @type {Record<string, () => unknown>} */
const MENU = {
  pin: () => chats.pinChat(chosen.id, true),
  unpin: () => chats.pinChat(chosen.id, false),
  rename: () => [(renaming = chosen.id), draw()],
  "export-json": async () => saveJson(await theChosen()),
  "export-page": exportPage,
  "export-markdown": async () => saveMarkdown(await theChosen(), exportedWords()),
  delete: forget,
  import: () => find("#chats-file").click(),
  "export-all-json": async () => saveJson(await chats.allChats()),
  "export-all-markdown": async () => saveMarkdown(await chats.allChats(), exportedWords()),
  "delete-all": () => find("#chats-confirm").showModal(),
};

/** @type {(panel: any) => void} Beside the page it is open unless the reader has closed it; over the page it is not. */
const adopt = (panel) => {
  if (!isOver() && always.get(CLOSED) !== "true") sidebar.turn(panel);
  sidebar.button(panel).onclick = toggle;
  const keepState = () => isOver() || always.set(CLOSED, String(!sidebar.isOpen(panel)));
  new MutationObserver(keepState).observe(panel, { attributeFilter: ["class"] });
  find("#chats-search").oninput = search;
  find("#search-open").onclick = () => {
    if (isOver()) toggle();
    openPalette();
  };
  const file = find("#chats-file");
  file.onchange = async () => {
    await takeFile(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  };
  const confirmation = find("#chats-confirm");
  confirmation.onclose = () => confirmation.returnValue === "delete" && chats.forgetAll();
  chats.watchChats(() => (found ? search() : draw()));
};

export const hearChatList = () => {
  whenBuilt(["#chats"], adopt);
  document.addEventListener("pointerdown", (event) => {
    const panel = find("#chats");
    const isOpen = panel && sidebar.isOpen(panel);
    if (isOpen && isOver() && !around(event, "#chats, #chats-open, #chats-toast")) toggle();
  });
  document.addEventListener("click", (event) => {
    const all = around(event, "[data-menu]");
    if (all) openMenu(all, find(`#${all.dataset.menu}`), null);
    const item = around(event, ".ds-menu [data-do]");
    if (!item) return;
    item.closest(".ds-menu").hidePopover();
    MENU[item.dataset.do]();
  });
};

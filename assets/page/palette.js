// The palette: one field that searches all chats as one types, and opens one at the message that was found. It is drawn
// of what ui/parts/search_sheet.py puts on the page.
import { find, findAll, make } from "./elements.js";
import { GRADIO, rowAbove } from "./gradio.js";
import * as chats from "./history.js";
import { entryOf, searched, snippet, spans, withShown, wordsOf } from "./search.js";

/** @typedef {import("./search.js").Entry} Entry */
/** @typedef {import("./search.js").Hit} Hit */

const MOST = 50; // chats that are listed
const DRAWN_MS = 5000; // as long as a chat may take to be drawn
const STILL_MS = 300;
const FOUND = "ds-found"; // the name of the marks in a message
/** @type {Promise<Entry[]> | null} */
let entries = null; // of all chats, until one of them changes
/** @type {Hit[]} */
let hits = [];
let at = 0;

const sheet = () => find("#search-sheet");
const field = () => find("#search-field");
const read = () => (entries ??= chats.allChats().then((all) => all.map(entryOf)));

/** @type {(text: string, words: string[]) => (Node | string)[]} */
const marked = (text, words) => {
  const parts = [];
  let end = 0;
  for (const [start, stop] of spans(text, words)) {
    parts.push(text.slice(end, start), make("mark", { textContent: text.slice(start, stop) }));
    end = stop;
  }
  return [...parts, text.slice(end)];
};

/** @type {(hit: Hit, place: number, words: string[]) => Element} */
const option = ({ id, title, updated, passage }, place, words) => {
  const day = make("time", { textContent: new Date(updated).toLocaleDateString(document.documentElement.lang) });
  const head = make("span", { className: "ds-hit-title", dir: "auto" }, ...marked(title, words));
  const row = make("li", { id: `search-hit-${place}`, role: "option" }, make("div", {}, head, day));
  row.setAttribute("aria-selected", String(place === at));
  if (passage && words.length) {
    const said = sheet().dataset[`say${passage.place[0].toUpperCase()}${passage.place.slice(1)}`];
    const text = make("span", { dir: "auto" }, ...marked(snippet(passage.text, words), words));
    row.append(make("div", { className: "ds-hit-text" }, make("b", { textContent: said }), " ", text));
  }
  row.onclick = () => open(place);
  row.dataset.chat = id;
  return row;
};

const choose = (/** @type {number} */ place) => {
  at = Math.max(0, Math.min(place, hits.length - 1));
  for (const [number, row] of findAll("#search-hits li").entries())
    row.setAttribute("aria-selected", String(number === at));
  const row = find(`#search-hit-${at}`);
  row?.scrollIntoView({ block: "nearest" });
  if (row) field().setAttribute("aria-activedescendant", row.id);
  else field().removeAttribute("aria-activedescendant");
};

const look = async () => {
  const all = await read();
  const words = wordsOf(field().value);
  hits = searched(all, field().value);
  find("#search-hits").replaceChildren(...hits.slice(0, MOST).map((hit, place) => option(hit, place, words)));
  const { sayNone, sayEmpty, sayFound } = sheet().dataset;
  const count = hits.length > MOST ? `${MOST}+` : hits.length;
  find("#search-count").textContent = hits.length ? sayFound.replace("{count}", count) : all.length ? sayNone : sayEmpty;
  hits = hits.slice(0, MOST);
  choose(0);
};

/** @type {(turn: string) => any[]} The rows of a turn: its question and what follows, up to its buttons. */
const rowsOfTurn = (turn) => {
  const asked = find(`#chatbot .ds-act[name="copy_question"][value="${turn}"]`)?.closest(GRADIO.messageRow);
  const rows = [asked && rowAbove(asked)];
  for (let row = asked?.nextElementSibling; row && !row.querySelector('[name="copy_question"]'); row = row.nextElementSibling)
    rows.push(row);
  return rows.filter(Boolean);
};

/** @type {(row: any, words: string[]) => Range[]} */
const ranges = (row, words) => {
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = /** @type {Text} */ (texts.currentNode);
    for (const [start, end] of spans(text.data, words)) {
      const range = document.createRange();
      range.setStart(text, start);
      range.setEnd(text, end);
      found.push(range);
    }
  }
  return found;
};

/** @type {(look: () => any) => Promise<any>} What is there at once or comes while a chat is drawn. */
const drawn = (look) =>
  new Promise((resolve) => {
    const end = (/** @type {any} */ found) => [observer.disconnect(), clearTimeout(timer), resolve(found)];
    const observer = new MutationObserver(() => look() && end(look()));
    const timer = setTimeout(() => end(null), DRAWN_MS);
    observer.observe(find("#chatbot"), { subtree: true, childList: true });
    if (look()) end(look());
  });

/** @type {() => Promise<void>} Until the chat is drawn: Gradio draws in several goes, and scrolls to the end after them. */
const settled = () =>
  new Promise((resolve) => {
    let timer = setTimeout(() => end(), STILL_MS);
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(() => end(), STILL_MS);
    });
    const end = () => [observer.disconnect(), clearTimeout(timer), resolve()];
    setTimeout(end, DRAWN_MS);
    observer.observe(find("#chatbot"), { subtree: true, childList: true });
  });

/** @type {(hit: Hit, words: string[]) => Promise<void>} */
const show = async ({ passage }, words) => {
  if (!passage) return;
  const isThere = () => rowsOfTurn(passage.turn).length > 0;
  await drawn(() => isThere() || find('#chatbot .ds-act[name="earlier"]'));
  if (!isThere()) find('#chatbot .ds-act[name="earlier"]')?.click();
  if (!(await drawn(isThere))) return;
  await settled();
  const rows = rowsOfTurn(passage.turn);
  const thought = rows.map((row) => row.querySelector(GRADIO.thoughts)).find(Boolean);
  if (passage.place === "thoughts" && thought?.children.length === 1) thought.firstElementChild.click();
  if (passage.place === "thoughts") await settled();
  const [question, ...reply] = rowsOfTurn(passage.turn);
  const parts = passage.place === "question" ? [question] : reply;
  const found = parts.flatMap((row) => ranges(row, words));
  (found[0]?.startContainer.parentElement ?? parts[0])?.scrollIntoView({ block: "center" });
  if ("highlights" in CSS) CSS.highlights.set(FOUND, new Highlight(...found));
};

/** @type {(place: number) => Promise<void>} */
const open = async (place) => {
  const hit = hits[place];
  if (!hit) return;
  const words = wordsOf(field().value);
  sheet().close();
  find(GRADIO.tab)?.click();
  const { passage } = hit;
  await chats.openChat(hit.id, (chat) => (passage && words.length ? withShown(chat, passage.turn) : chat));
  if (words.length) await show(hit, words);
};

export const openPalette = () => {
  if (!sheet()) return false;
  if (!sheet().open) sheet().showModal();
  field().select();
  look();
  return true;
};

/** @type {Record<string, () => unknown>} */
const KEYS = {
  ArrowDown: () => choose(at + 1),
  ArrowUp: () => choose(at - 1),
  Enter: () => open(at),
};

export const hearPalette = () => {
  chats.watchChats(() => (entries = null));
  document.addEventListener("input", ({ target }) => target === field() && look());
  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || event.isComposing || !KEYS[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    const target = /** @type {any} */ (event.target);
    if (target.closest?.("#search-open")) openPalette();
    if (!target.closest?.("#search-sheet")) CSS.highlights?.delete(FOUND);
  });
};

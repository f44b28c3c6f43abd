// Where words stand in chats: in titles, questions, answers and thoughts. Knows no store and no page. Words are found
// wherever they stand in a text, whatever their case, so that it does for languages without blanks too.
import { shownTurns } from "./chat_record.js";

/** @typedef {import("./chat_record.js").Chat} Chat */
/** @typedef {"question" | "answer" | "thoughts"} Place */
/** @typedef {{ turn: string, place: Place, text: string, folded: string }} Passage What somebody has said. */
/** @typedef {{ id: string, title: string, folded: string, updated: number, passages: Passage[] }} Entry */
/** @typedef {[start: number, end: number]} Span */
/** @typedef {{ id: string, title: string, updated: number, passage: Passage | null, rank: number }} Hit */

const SNIPPET_BEFORE = 40; // letters before the first word that was found
const SNIPPET = 160;
const MOST_TRIED = 100; // places of words, before which the best one is looked for
/** @type {[Place, string][]} */
const PLACES = [["question", "question"], ["answer", "answer"], ["thoughts", "reasoning"]];

/** @type {(text: string) => string} In small letters, each at its place. */
export const fold = (text) => {
  const small = text.toLowerCase();
  if (small.length === text.length) return small;
  return [...text].map((sign) => (sign.toLowerCase().length === sign.length ? sign.toLowerCase() : sign)).join("");
};

/** @type {(text: string) => string[]} What is looked for, as it is found in what was folded. */
export const wordsOf = (text) => fold(text).split(/\s+/).filter(Boolean);

/** @type {(chat: Chat) => Entry} */
export const entryOf = (chat) => ({
  id: chat.id,
  title: chat.title,
  folded: fold(chat.title ?? ""),
  updated: chat.updated,
  passages: (chat.turns ?? []).flatMap((turn) =>
    PLACES.filter(([, field]) => turn[field]).map(([place, field]) => {
      return { turn: turn.id, place, text: turn[field], folded: fold(turn[field]) };
    }),
  ),
});

/** @type {(folded: string, words: string[]) => number} */
const count = (folded, words) => words.filter((word) => folded.includes(word)).length;

/** @type {(entry: Entry, words: string[]) => Hit | null} Where most of the words stand, if all stand in the chat. */
const hit = ({ id, title, folded, updated, passages }, words) => {
  const inTitle = count(folded, words);
  const left = words.filter((word) => !folded.includes(word));
  if (left.some((word) => !passages.some((passage) => passage.folded.includes(word)))) return null;
  let best = null;
  let most = 0;
  for (const passage of passages) {
    const found = count(passage.folded, words);
    if (found > most) [best, most] = [passage, found];
  }
  return { id, title, updated, passage: best, rank: inTitle === words.length ? 2 : most === words.length ? 1 : 0 };
};

/**
 * The chats that have all of the words, those first that have them in the title, then in one message; newest first.
 * @type {(entries: Entry[], text: string) => Hit[]}
 */
export const searched = (entries, text) => {
  const words = wordsOf(text);
  const hits = entries.map((entry) => hit(entry, words)).filter((each) => each !== null);
  return hits.sort((one, other) => other.rank - one.rank || other.updated - one.updated);
};

/** @type {(text: string, words: string[]) => Span[]} Where the words stand in a text, in order, none twice. */
export const spans = (text, words) => {
  const folded = fold(text);
  /** @type {Span[]} */
  const found = [];
  for (const word of words)
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length))
      found.push([at, at + word.length]);
  found.sort(([one], [other]) => one - other);
  return found.filter(([start], place) => !place || start >= found[place - 1][1]);
};

/** @type {(text: string, words: string[]) => string} What stands around most of the words, on one line. */
export const snippet = (text, words) => {
  let [first, most] = [0, 0];
  for (const [start] of spans(text, words).slice(0, MOST_TRIED)) {
    const found = count(fold(text.slice(start, start + SNIPPET - SNIPPET_BEFORE)), words);
    if (found > most) [first, most] = [start, found];
  }
  const start = Math.max(0, first - SNIPPET_BEFORE);
  const cut = text.slice(start, start + SNIPPET).replace(/\s+/g, " ").trim();
  return `${start ? "…" : ""}${cut}${start + SNIPPET < text.length ? "…" : ""}`;
};

/** @type {(chat: Chat, turn: string) => Chat} The chat with the versions chosen by which the turn is seen. */
export const withShown = (chat, turn) => {
  if (shownTurns(chat).some(({ id }) => id === turn)) return chat;
  const parents = new Map(chat.turns.map(({ id, parent }) => [id, parent ?? ""]));
  const chosen = { ...chat.chosen };
  for (let at = turn; parents.has(at); at = parents.get(at) ?? "") chosen[parents.get(at) ?? ""] = at;
  return { ...chat, chosen };
};

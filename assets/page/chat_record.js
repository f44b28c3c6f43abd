// A chat as this browser keeps it: a record of chat/records/chat_record.py with a title and times. Knows no store and
// no page.

/** @typedef {{ id: string, parent?: string, question: string, answer?: string, [name: string]: any }} Turn */
/** @typedef {{ id: string, turns: Turn[], chosen?: Record<string, string>, [name: string]: any }} ChatRecord */
/** @typedef {{ id: string, title: string, created: number, updated: number, pinned?: boolean }} Head What a list shows of a chat. */
/** @typedef {ChatRecord & Head} Chat */

const TITLE_LETTERS = 56;
const MOST_TITLE_LETTERS = 200;
const LEAST_TITLE_LETTERS = 24; // rather than less, a word is cut

/** @type {(record: ChatRecord, untitled: string) => string} The beginning of the first question. */
export const titleOf = ({ turns }, untitled) => {
  const text = turns[0].question.trim().replace(/\s+/g, " ");
  const letters = [...text];
  if (letters.length <= TITLE_LETTERS) return text || untitled;
  const cut = letters.slice(0, TITLE_LETTERS).join("");
  const end = cut.lastIndexOf(" ");
  return `${(end > LEAST_TITLE_LETTERS ? cut.slice(0, end) : cut).replace(/[\s.,;:–-]+$/, "")}…`;
};

/** @type {(chat: Head) => Head} */
export const headOf = ({ id, title, created, updated, pinned }) => ({
  id,
  title,
  created,
  updated,
  ...(pinned ? { pinned } : {}),
});

/** @type {(one: Head, other: Head) => number} As they are listed: those that are pinned first, then the newest. */
export const inOrder = (one, other) =>
  Number(other.pinned ?? false) - Number(one.pinned ?? false) || other.updated - one.updated;

/** @type {(chat: Chat, title: string) => Chat} The same if nothing is left of the title. */
export const renamed = (chat, title) =>
  title.trim() ? { ...chat, title: title.trim().slice(0, MOST_TITLE_LETTERS) } : chat;

/** @type {(chat: Chat, pinned: boolean) => Chat} */
export const withPin = (chat, pinned) => ({ ...chat, pinned: pinned || undefined });

/** @type {(one: ChatRecord, other: ChatRecord) => boolean} */
export const hasSameText = (one, other) =>
  JSON.stringify([one.turns, one.chosen, one.workspace]) ===
  JSON.stringify([other.turns, other.chosen, other.workspace]);

const OVERTAKEN_S = 120; // a clock that was set back, or another server's, is no reason to keep nothing for ever

/**
 * Whether the chat was kept from later news than those of `at_s`: on slow lines they overtake each other, in one window
 * or from another.
 * @type {(chat: Chat | undefined, at_s: number) => boolean}
 */
export const isNewerThan = (chat, at_s) => {
  const ahead_s = (chat?.heard_s ?? 0) - at_s;
  return ahead_s > 0 && ahead_s < OVERTAKEN_S;
};

/**
 * The chat with what a turn of it is by now; nothing where it has no such turn. A turn that is sent while it is written
 * comes without its files.
 * @type {(chat: Chat | undefined, turn: Turn) => Chat | null}
 */
export const withTurn = (chat, turn) => {
  const at = chat ? chat.turns.findIndex((other) => other.id === turn.id) : -1;
  if (!chat || at < 0) return null;
  const { files } = chat.turns[at];
  const turns = [...chat.turns];
  turns[at] = files ? { ...turn, files } : turn;
  return { ...chat, turns };
};

/** @type {(chat: ChatRecord) => Turn[]} The turns that are shown, first to last; as in chat/turns/turn_tree.py. */
export const shownTurns = ({ turns, chosen = {} }) => {
  /** @type {Turn[]} */
  const shown = [];
  for (let parent = ""; ; parent = shown[shown.length - 1].id) {
    const versions = turns.filter((turn) => (turn.parent ?? "") === parent);
    if (!versions.length) return shown;
    shown.push(versions.find((turn) => turn.id === chosen[parent]) ?? versions[versions.length - 1]);
  }
};

/**
 * Which records of a file are new beside the chats that are here. Each gets an id of its own: whoever knows an id can
 * read along, and a file may come from anybody.
 * @type {(records: (ChatRecord & Partial<Head>)[], here: Chat[], untitled: string, newId: () => string) =>
 *   { added: Chat[], counts: { added: number, known: number, twice: number } }}
 */
export const imported = (records, here, untitled, newId) => {
  const counts = { added: 0, known: 0, twice: 0 };
  /** @type {Chat[]} */
  const added = [];
  for (const record of records) {
    const kin = here.filter((chat) => chat.id === record.id || chat.origin === record.id);
    if (kin.some((chat) => hasSameText(chat, record))) {
      counts.known += 1;
      continue;
    }
    counts[kin.length ? "twice" : "added"] += 1;
    const now = Date.now();
    const title = record.title || (record.turns.length ? titleOf(record, untitled) : untitled);
    added.push({ created: now, updated: now, ...record, title, id: newId(), origin: record.id });
  }
  return { added, counts };
};

/** @type {(chat: Chat, words: string[]) => boolean} Whether all of these words, in small letters, are in it. */
export const hasWords = (chat, words) => {
  const texts = [chat.title, ...(chat.turns ?? []).flatMap((turn) => [turn.question, turn.answer, turn.reasoning])];
  const text = texts.join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
};

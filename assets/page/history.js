// The reader's chats: keeps what the server sends of the one that is written, opens them again, and minds which one the
// page shows. The list itself is drawn by chat_list.js. See ui/parts/history.py for the other side.
import { here } from "./address.js";
import { tell, words } from "./chat_notices.js";
import { hasSameText, headOf, imported, inOrder, isNewerThan, renamed, titleOf, withPin, withTurn } from "./chat_record.js";
import { openStore } from "./chat_store.js";
import { recount } from "./context_meter.js";
import { around, find } from "./elements.js";
import { inTab } from "./kept.js";
import { ask, isServerThere } from "./server.js";
import { hasArrived } from "./share.js";

/** @typedef {import("./chat_record.js").Chat} Chat */
/** @typedef {import("./chat_record.js").ChatRecord} ChatRecord */
/** @typedef {import("./chat_record.js").Head} Head */

const STILL_S = 12; // more than twice the time between two records of a reply that is written
const LOOK_S = 3;
const CURRENT = "deepseek-space-chat"; // of this tab alone
const AHEAD = "deepseek-space-ahead"; // the record that is on its way into the store, for it takes a moment
/** @type {import("./chat_store.js").ChatStore} */
let store;
let isKept = false;
/** @type {Map<string, Head>} */
let heads = new Map();
/** @type {string | null} */
let shown = null;
/** @type {string | null} */
let left = null;
/** @type {string | null} */
let begun = null; // the chat that became one on this page
/** @type {() => void} */
let setOpen;
/** Once it is known which chat the page begins with; never without a list. */
export const whenOpen = new Promise((resolve) => (setOpen = () => resolve(undefined)));
let heardAt = 0;
let wasFull = false;
/** @type {Set<string>} */
const gone = new Set();
/** @type {BroadcastChannel | null} */
let tabs = null;
/** @type {(() => void)[]} */
const watchers = [];
/** @type {((id: string) => void)[]} */
const namers = [];
const changed = () => watchers.forEach((watcher) => watcher());

// One change after the other, so that none is lost to another that began from the same state.
/** @type {Promise<any>} */
let line = Promise.resolve();
/** @type {<T>(work: () => Promise<T>) => Promise<T>} */
const inLine = (work) => (line = line.then(work, work));

const isWriting = () => find("#chat-stop")?.checkVisibility() ?? false;
export const current = () => shown;
/** @type {(id: string) => boolean} Whether the chat became one by what was written on this page. */
export const isBegunHere = (id) => id === begun;
/** @type {(id: string) => Promise<Chat | undefined>} */
export const getChat = (id) => store.get(id);
/** @type {() => Promise<Chat | undefined>} The chat that the page shows, as far as it is kept. */
export const keptChat = async () => (isKept && shown ? store.get(shown) : undefined);
export const allChats = () => store.all();
/** @type {(namer: (id: string) => void) => void} When the new chat that is shown gets its id. */
export const whenNamed = (namer) => void namers.push(namer);
/** @type {(watcher: () => void) => void} */
export const watchChats = (watcher) => void watchers.push(watcher);
export const listChats = () => [...heads.values()].sort(inOrder);

/** @type {(id: string | null) => void} */
const show = (id) => {
  if (!isKept) return;
  shown = id;
  inTab.set(CURRENT, id ?? "");
  setOpen();
  changed();
};

/** @type {(...chats: Chat[]) => Promise<void>} */
const put = async (...chats) => {
  try {
    await store.put(...chats);
  } catch (error) {
    if (!wasFull) tell(words("full"));
    wasFull = true;
    throw error;
  }
  for (const chat of chats) heads.set(chat.id, headOf(chat));
  changed();
  tabs?.postMessage({ changed: chats.map((chat) => chat.id) });
};

/** @type {(id: string) => Promise<void>} */
const remove = async (id) => {
  await store.remove(id);
  heads.delete(id);
  changed();
};

/** @type {(record: ChatRecord, at_s: number) => Promise<void>} What the server wrote at that time, unless it is old. */
const keep = async (record, at_s) => {
  if (gone.has(record.id)) return;
  const old = await store.get(record.id);
  if (isNewerThan(old, at_s)) return;
  if (!record.turns.length) {
    if (old) await remove(record.id);
    return;
  }
  if (old && hasSameText(old, record)) return;
  const now = Date.now();
  const title = old?.title ?? titleOf(record, words("untitled"));
  const kept = old ? { pinned: old.pinned, origin: old.origin } : {}; // what the server knows nothing of
  await put({ ...record, ...kept, title, created: old?.created ?? now, updated: now, heard_s: at_s });
};

/**
 * While a reply is written its turn alone is sent. Without the rest it is of no use; the whole comes at the end.
 * @type {(part: { id: string, turn: import("./chat_record.js").Turn }, at_s: number) => Promise<void>}
 */
const keepTurn = async ({ id, turn }, at_s) => {
  const whole = withTurn(await store.get(id), turn);
  if (whole) await keep(whole, at_s);
};

/**
 * What the server sends: a record or a part of one, and whether it is that of the chat this page shows.
 * @type {(news: any) => void}
 */
export const hearRecord = (news) => {
  if (!news?.at_s) return;
  heardAt = Date.now();
  if (news.part) inLine(() => keepTurn(news.part, news.at_s));
  if (!news.record) return;
  const { id } = news.record;
  if (news.is_shown && id !== shown && id !== left && news.record.turns.length) {
    if (!shown) begun = id;
    if (shown === null) namers.forEach((namer) => namer(id));
    show(id);
  }
  // Kept in this tab at once: the page may be loaded anew before the store is done, or even open.
  const ahead = JSON.stringify([news.record, news.at_s]);
  inTab.remove(AHEAD); // the new one may find no room, and an old one is not to come back
  inTab.set(AHEAD, ahead);
  const arrive = () => inTab.get(AHEAD) === ahead && inTab.remove(AHEAD);
  inLine(() => keep(news.record, news.at_s).finally(arrive));
};

const keepWhatIsAhead = async () => {
  const ahead = inTab.get(AHEAD);
  inTab.remove(AHEAD);
  if (!ahead) return;
  const [record, at_s] = JSON.parse(ahead);
  await keep(record, at_s);
};

/** @type {(id: string, version?: (chat: Chat) => Chat) => Promise<void>} Open it, perhaps with other versions shown. */
export const openChat = async (id, version = (chat) => chat) => {
  const kept = await store.get(id);
  if (!kept) return show(null);
  const chat = version(kept);
  if (chat !== kept) await inLine(() => put(chat));
  left = null;
  heardAt = Date.now();
  show(id);
  const answer = await ask("open_chat", id, JSON.stringify(chat));
  document.documentElement.classList.remove("ds-opening");
  if (answer.error) tell(answer.error);
};

/** @type {(by: number) => boolean} To the chat above or below in the list; whether there is one. */
export const stepTo = (by) => {
  const chats = listChats();
  const place = chats.findIndex((chat) => chat.id === shown);
  const next = chats[place < 0 ? 0 : place + by];
  if (next) openChat(next.id);
  return Boolean(next);
};

const startNew = () => {
  if (shown) left = shown;
  show(null);
  recount();
};

/** @type {(id: string) => Promise<void>} To the chat of an address, or to a new one where it names none. */
export const goTo = async (id) => {
  await whenOpen;
  if (!isKept || id === (shown ?? "")) return;
  if (id && heads.has(id)) return openChat(id);
  if (id) tell(words("elsewhere"));
  if (shown) ask("new");
  startNew();
};

/** @type {(id: string, title: string) => Promise<void>} */
export const renameChat = (id, title) =>
  inLine(async () => {
    const chat = await store.get(id);
    if (chat && title.trim()) await put(renamed(chat, title));
    changed();
  });

/** @type {(id: string, pinned: boolean) => Promise<void>} */
export const pinChat = (id, pinned) =>
  inLine(async () => {
    const chat = await store.get(id);
    if (chat) await put(withPin(chat, pinned));
  });

const leaveIfGone = () => {
  if (!shown || !gone.has(shown)) return;
  ask("new");
  startNew();
};

/** @type {(id: string) => Promise<Chat | undefined>} */
export const forgetChat = (id) =>
  inLine(async () => {
    const chat = await store.get(id);
    gone.add(id);
    ask("stop_chat", id);
    await remove(id);
    tabs?.postMessage({ gone: [id] });
    leaveIfGone();
    return chat;
  });

/** @type {(chat: Chat) => Promise<void>} */
export const restoreChat = (chat) =>
  inLine(() => {
    gone.delete(chat.id);
    return put(chat);
  });

export const forgetAll = () =>
  inLine(async () => {
    const ids = [...heads.keys()];
    for (const id of ids) gone.add(id);
    if (shown) ask("stop_chat", shown);
    await store.clear();
    heads.clear();
    tabs?.postMessage({ gone: ids });
    leaveIfGone();
    changed();
  });

const newId = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/[+/=]/g, "-");

/** @type {(records: any[]) => Promise<{ added: number, known: number, twice: number }>} Keep what a file held. */
export const takeIn = (records) =>
  inLine(async () => {
    const { added, counts } = imported(records, await store.all(), words("untitled"), newId);
    await put(...added);
    return counts;
  });

const openFirst = async () => {
  // What a link brings is the beginning of a chat, and not the next message of another.
  if (hasArrived()) return show(null);
  if (shown) return; // somebody was quicker than the store
  const place = here();
  const id = place?.tab === "chat" ? place.chat : inTab.get(CURRENT) ?? listChats()[0]?.id;
  if (place?.chat && !heads.has(place.chat)) tell(words("elsewhere"));
  if (!id || !heads.has(id)) return show(null);
  // Until it is there, the page is not to look like that of a new chat.
  document.documentElement.classList.add("ds-opening");
  await openChat(id);
};

const readHeads = async () => {
  heads = new Map((await store.heads()).map((head) => [head.id, head]));
};

const listenToTabs = () => {
  if (!("BroadcastChannel" in window)) return;
  tabs = new BroadcastChannel("deepseek-space-chats");
  tabs.addEventListener("message", async ({ data }) => {
    data.gone?.forEach((/** @type {string} */ id) => gone.add(id));
    data.changed?.forEach((/** @type {string} */ id) => gone.delete(id));
    await readHeads();
    leaveIfGone();
    if (shown && data.changed?.includes(shown) && !isWriting()) openChat(shown);
    changed();
  });
};

// A connection may end without a word, and Gradio would wait for it for ever: while a reply is written there is news
// all the time. If there is none and the server is there, a page that is loaded anew finds the reply again. What ends
// with a word, Gradio mends in the same way.
const holdOn = () => {
  const isStill = () => shown && isWriting() && Date.now() - heardAt > STILL_S * 1000;
  setInterval(async () => isStill() && (await isServerThere()) && isStill() && location.reload(), LOOK_S * 1000);
};

/** @type {() => void} */
let chatIsOpen = () => {};
/** @type {Promise<void>} Fulfilled once the chat is there that was shown last. */
export const isChatOpen = new Promise((resolve) => (chatIsOpen = resolve));

/** Open the store and the chat that was shown last; called once the page has a list. */
export const startHistory = async () => {
  isKept = true;
  await inLine(async () => {
    store = await openStore();
    await readHeads();
  });
  listenToTabs();
  await inLine(keepWhatIsAhead).catch(() => {}); // a full store has been told of, and the chats it has are to open
  holdOn();
  if (!store.isLasting) tell(words("unkept"));
  changed();
  await openFirst().catch(() => show(null)); // one that cannot be read keeps nobody from writing another
  chatIsOpen();
};

export const hearNewChats = () =>
  document.addEventListener("click", (event) => {
    if (around(event, '.ds-act[name="new"]')) startNew();
  });

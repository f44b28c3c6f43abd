// Where this browser keeps chats: in IndexedDB, else in localStorage, else nowhere. Nothing here looks into a record,
// so that those of other versions are kept as they are.
import { headOf } from "./chat_record.js";
import { isLasting } from "./kept.js";

/** @typedef {import("./chat_record.js").Chat} Chat */
/** @typedef {import("./chat_record.js").Head} Head */
/**
 * @typedef {{
 *   isLasting: boolean,
 *   heads: () => Promise<Head[]>,
 *   get: (id: string) => Promise<Chat | undefined>,
 *   all: () => Promise<Chat[]>,
 *   put: (...chats: Chat[]) => Promise<void>,
 *   remove: (id: string) => Promise<void>,
 *   clear: () => Promise<void>,
 * }} ChatStore
 */

const NAME = "deepseek-space";
const ANSWER_MS = 30_000; // some browsers' databases never answer, and all that is asked later would wait for that

/** @type {<T>(request: IDBRequest<T>) => Promise<T>} */
export const done = (request) =>
  new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("silent")), ANSWER_MS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @type {() => Promise<ChatStore>} */
const indexed = async () => {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    for (const table of ["heads", "chats"]) opening.result.createObjectStore(table, { keyPath: "id" });
  };
  const database = await done(opening);
  /** @type {(table: string) => IDBObjectStore} */
  const read = (table) => database.transaction(table).objectStore(table);
  /** @type {(change: (heads: IDBObjectStore, chats: IDBObjectStore) => void) => Promise<void>} */
  const write = (change) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(["heads", "chats"], "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore("heads"), transaction.objectStore("chats"));
    });
  await done(read("heads").count()); // it opened, and answers too
  return {
    isLasting: true,
    heads: () => done(read("heads").getAll()),
    get: (id) => done(read("chats").get(id)),
    all: () => done(read("chats").getAll()),
    put: (...chats) =>
      write((heads, whole) => {
        for (const chat of chats) {
          heads.put(headOf(chat));
          whole.put(chat);
        }
      }),
    remove: (id) => write((heads, whole) => void [heads.delete(id), whole.delete(id)]),
    clear: () => write((heads, whole) => void [heads.clear(), whole.clear()]),
  };
};

/** @type {() => Promise<ChatStore>} */
const local = async () => {
  const prefix = `${NAME}:`;
  if (!isLasting()) throw new Error("no localStorage");
  localStorage.setItem(prefix, "");
  localStorage.removeItem(prefix);
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  /** @type {(name: string) => any} */
  const read = (name) => JSON.parse(localStorage.getItem(name) ?? "null");
  const all = async () => names().map(read);
  return {
    isLasting: true,
    heads: async () => (await all()).map(headOf),
    get: async (id) => read(prefix + id) ?? undefined,
    all,
    put: async (...chats) => {
      for (const chat of chats) localStorage.setItem(prefix + chat.id, JSON.stringify(chat));
    },
    remove: async (id) => localStorage.removeItem(prefix + id),
    clear: async () => names().forEach((name) => localStorage.removeItem(name)),
  };
};

/** @type {() => ChatStore} */
const nowhere = () => {
  /** @type {Map<string, Chat>} */
  const chats = new Map();
  return {
    isLasting: false,
    heads: async () => [...chats.values()].map(headOf),
    get: async (id) => chats.get(id),
    all: async () => [...chats.values()],
    put: async (...added) => added.forEach((chat) => chats.set(chat.id, chat)),
    remove: async (id) => void chats.delete(id),
    clear: async () => chats.clear(),
  };
};

/** @type {() => Promise<ChatStore>} Private windows of some browsers refuse the one, the other or both. */
export const openStore = () => indexed().catch(local).catch(nowhere);

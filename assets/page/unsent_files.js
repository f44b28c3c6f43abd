// Documents of this tab that are not sent yet, in the browser's own store, which has room for them; where it refuses,
// they are not kept. Those that are read are what the server has made of them; those on their way are files.
import { done } from "./chat_store.js";
import { hasComponent } from "./gradio.js";
import { inTab } from "./kept.js";

const DAY_MS = 86_400_000; // documents of a tab that was closed are kept as long
const TAB = "deepseek-space-tab";
const tab = () => {
  const name = inTab.get(TAB) ?? `${Date.now()}-${Math.random()}`;
  inTab.set(TAB, name);
  return name;
};

/** @type {Promise<IDBDatabase> | undefined} */
let database;
const open = async () => {
  const opening = indexedDB.open("deepseek-space-unsent", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "tab" }).createIndex("at", "at");
  return done(opening);
};
/** @type {() => Promise<IDBObjectStore>} */
const table = async () => (await (database ??= open())).transaction("files", "readwrite").objectStore("files");

/** @type {(name: string, files: any[]) => Promise<unknown>} */
const keep = async (name, files) => {
  if (!hasComponent("chats-place")) return; // with --no-history
  const kept = await table();
  return files.length ? done(kept.put({ tab: name, at: Date.now(), files })) : done(kept.delete(name));
};
/** @type {(name: string) => Promise<any[]>} */
const filesOf = async (name) => (await done((await table()).get(name)))?.files ?? [];
const uploadsOf = () => `${tab()} uploads`;

/** @type {(files: any[]) => void} */
export const keepRead = (files) => void keep(tab(), files).catch(() => {});
/** @type {(files: File[]) => void} */
export const keepUploads = (files) => void keep(uploadsOf(), files).catch(() => {});

/** @type {() => Promise<any[]>} Those that were read. */
export const keptRead = async () => {
  try {
    const kept = await table();
    const old = await done(kept.index("at").getAllKeys(IDBKeyRange.upperBound(Date.now() - DAY_MS)));
    old.filter((key) => ![tab(), uploadsOf()].includes(String(key))).forEach((key) => kept.delete(key));
    return await filesOf(tab());
  } catch {
    return [];
  }
};
/** @type {() => Promise<File[]>} */
export const keptUploads = async () => (hasComponent("chats-place") ? filesOf(uploadsOf()).catch(() => []) : []);

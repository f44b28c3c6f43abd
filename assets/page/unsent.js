// What stays through a reload besides the chats: the message that is being written, how things are set, the Code tab's
// task and reply, documents that are not sent yet. Of this tab alone: what a link set is not to meet a reader again in
// the next one. See ui/handlers/unsent.py.
import { done } from "./chat_store.js";
import { find, whenBuilt, write } from "./elements.js";
import { FIELDS } from "./gradio.js";
import { inTab } from "./kept.js";
import { ask } from "./server.js";
import { hasArrived } from "./share.js";

const PAUSE_MS = 300;
const DAY_MS = 86_400_000; // documents of a tab that was closed are kept as long
const DRAFT = "deepseek-space-draft";
/** @type {(what: string) => string} */
const place = (what) => `deepseek-space-${what}`;
/** @type {Record<string, string | null>} */
const before = {};
/** @type {Record<string, Record<string, any>>} */
const now = { parameters: {}, code: {} };
/** @type {Record<string, ReturnType<typeof setTimeout>>} */
const due = {};
/** @type {Record<string, boolean>} */
const isReady = { parameters: false, code: false }; // not before what was kept is back
let tab = "";

/**
 * The parameters that the reader has changed; the others follow the model, whose own are given.
 * @type {(parameters: Record<string, any>, own: Record<string, any>) => Record<string, any>}
 */
export const changed = (parameters, own) => {
  /** @type {Record<string, any>} */
  const usual = { think: true, seed: "", stop: "", budget: "", system_prompt: "", ...own };
  return Object.fromEntries(
    Object.entries(parameters).filter(([name, value]) => value !== null && value !== usual[name]),
  );
};

// ui/html/model_bar.py tells the model's own.
const ownParameters = () => JSON.parse(find("#status-line .ds-model")?.dataset.own ?? "{}");

/** @type {(what: string) => void} */
const store = (what) => {
  clearTimeout(due[what]);
  delete due[what];
  inTab.set(place(what), JSON.stringify(what === "parameters" ? changed(now[what], ownParameters()) : now[what]));
};
/** @type {(what: string) => void} */
const storeSoon = (what) => {
  if (!isReady[what]) return;
  clearTimeout(due[what]);
  due[what] = setTimeout(() => store(what), PAUSE_MS);
};

/** @type {(what: string, names: string[], values: any[]) => void} */
export const keepUnsent = (what, names, values) => {
  names.forEach((name, at) => (now[what][name] = values[at]));
  storeSoon(what);
};

// The browser's own store has room for documents; where it refuses, they are not kept.
/** @type {Promise<IDBDatabase> | undefined} */
let database;
const open = async () => {
  const opening = indexedDB.open("deepseek-space-unsent", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "tab" }).createIndex("at", "at");
  return done(opening);
};
/** @type {(mode: IDBTransactionMode) => Promise<IDBObjectStore>} */
const table = async (mode) => (await (database ??= open())).transaction("files", mode).objectStore("files");
/** @type {(files: any[]) => Promise<unknown>} */
const keepFiles = async (files) => {
  const kept = await table("readwrite");
  return files.length ? done(kept.put({ tab, at: Date.now(), files })) : done(kept.delete(tab));
};
const filesBefore = async () => {
  const kept = await table("readwrite");
  const old = await done(kept.index("at").getAllKeys(IDBKeyRange.upperBound(Date.now() - DAY_MS)));
  old.filter((key) => key !== tab).forEach((key) => kept.delete(key));
  return (await done(kept.get(tab)))?.files ?? [];
};

/** @type {(what: string, value: any) => void} What the server hands over. */
export const takeUnsent = (what, value) => {
  if (!value) return;
  if (what === "files") keepFiles(value.files).catch(() => {});
  else keepUnsent(what, ["reply"], [value.reply]);
};

const bringAllBack = async () => {
  const files = await filesBefore().catch(() => []);
  await Promise.all([
    before.parameters && !hasArrived() && ask("restore_parameters", "", before.parameters),
    files.length && ask("restore_files", "", JSON.stringify(files)),
  ]);
  isReady.parameters = true;
};
const bringCodeBack = async () => {
  if (before.code) await ask("restore_code", "", before.code);
  isReady.code = true;
};

/** Bring back what was kept. With --no-history there is no list, and nothing is kept. */
export const bringBack = () => {
  whenBuilt(["#chats"], bringAllBack);
  // The tab is built when it is first opened, and what comes meanwhile may be missed.
  whenBuilt(["#chats", FIELDS.code], bringCodeBack);
};

const bringDraftBack = () => {
  const field = () => find(FIELDS.message);
  const draft = inTab.get(DRAFT);
  inTab.remove(DRAFT);
  addEventListener("pagehide", () => inTab.set(DRAFT, field()?.value ?? "")); // until then the last one stays
  if (draft && !field().value) write(field(), draft);
};

export const startKeeping = () => {
  for (const what of Object.keys(now)) before[what] = inTab.get(place(what));
  tab = inTab.get(place("tab")) ?? `${Date.now()}-${Math.random()}`;
  inTab.set(place("tab"), tab);
  addEventListener("pagehide", () => Object.keys(due).forEach(store));
  // A field that has only just been built is still to be filled by Gradio.
  whenBuilt([FIELDS.message, "#chats"], () => setTimeout(bringDraftBack));
};

// What stays through a reload besides the chats: the message that is being written, how things are set, the Code tab's
// task and reply, documents that are not sent yet. Of this tab alone: what a link set is not to meet a reader again in
// the next one. See ui/handlers/unsent.py.
import { find, whenBuilt } from "./elements.js";
import { FIELDS, hasComponent } from "./gradio.js";
import { isChatOpen } from "./history.js";
import { inTab } from "./kept.js";
import { ask } from "./server.js";
import { goOn } from "./sending.js";
import { hasArrived } from "./share.js";
import { startDraft } from "./unsent_draft.js";
import { keepRead, keptRead } from "./unsent_files.js";
import { resumeUploads, startUploads } from "./uploads.js";

const PAUSE_MS = 300;
/** @type {(what: string) => string} */
const place = (what) => `deepseek-space-${what}`;
/** @type {Record<string, string | null>} */
const before = {};
/** @type {Record<string, Record<string, any>>} */
const now = { parameters: {}, code: {}, compare: {} };
/** @type {Record<string, ReturnType<typeof setTimeout>>} */
const due = {};
/** @type {Record<string, boolean>} */
const isReady = { parameters: false, code: false, compare: false }; // not before what was kept is back

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

/** @type {(what: string, value: any) => void} What the server hands over. */
export const takeUnsent = (what, value) => {
  if (!value) return;
  if (what === "files") keepRead(value.files);
  else keepUnsent(what, ["reply"], [value.reply]);
};

const bringAllBack = async () => {
  const files = await keptRead();
  await Promise.all([
    before.parameters && !hasArrived() && ask("restore_parameters", "", before.parameters),
    files.length && ask("restore_files", "", JSON.stringify(files)),
  ]);
  isReady.parameters = true;
  await isChatOpen;
  await resumeUploads(); // known by now, not there: a message that has them waits
  goOn();
};
const bringComparedBack = async () => {
  if (before.compare) await ask("restore_compare", "", before.compare);
  isReady.compare = true;
};
const bringCodeBack = async () => {
  if (before.code) await ask("restore_code", "", before.code);
  isReady.code = true;
};

/** Bring back what was kept. With --no-history there is no list, and nothing is kept. */
export const bringBack = () => {
  if (!hasComponent("chats-place")) return goOn();
  whenBuilt(["#chats"], bringAllBack);
  // The tab is built when it is first opened, and what comes meanwhile may be missed.
  whenBuilt(["#chats", FIELDS.code], bringCodeBack);
  whenBuilt(["#chats", FIELDS.question], bringComparedBack);
};

export const startKeeping = () => {
  for (const what of Object.keys(now)) before[what] = inTab.get(place(what));
  startUploads();
  addEventListener("pagehide", () => Object.keys(due).forEach(store));
  startDraft();
};

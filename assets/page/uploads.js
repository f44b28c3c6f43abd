// Files on their way to the server, one after the other, with how far they are. A file that is chosen stays in this tab's
// store until it is read there: a reload or a lost connection takes up where it was. See ui/parts/attachments.py.
import { find, make } from "./elements.js";
import { sendFile } from "./gradio.js";
import { tell, word } from "./notes.js";
import { ask } from "./server.js";
import { keptUploads, keepUploads } from "./unsent_files.js";

const AGAIN_MS = 3000;
/** @typedef {{ file: File, path?: string, share: number, stop?: () => void, isTaken?: boolean }} Upload */
/** @type {Upload[]} */
let uploads = [];
let isSending = false;
/** @type {(() => void)[]} */
const watchers = [];

export const isUploading = () => uploads.length > 0;
/** @type {(watcher: () => void) => void} */
export const watchUploads = (watcher) => void watchers.push(watcher);

/** @type {(upload: Upload) => Element} */
const chip = (upload) => {
  const name = make("span", { className: "ds-file-name", textContent: upload.file.name, title: upload.file.name });
  const percent = upload.path ? word("reading") : `${Math.floor(100 * upload.share)} %`;
  const stop = make("button", { type: "button", className: "ds-file-remove", textContent: "×" });
  stop.title = stop.ariaLabel = `${word("stopUpload")}: ${upload.file.name}`;
  stop.onclick = () => drop(upload);
  const share = make("span", { className: "ds-file-tokens", textContent: percent });
  return make("span", { className: "ds-file is-read", role: "listitem" }, name, " ", share, stop);
};

const show = () => {
  const place = find("#uploads");
  const waiting = uploads.filter((upload) => !upload.isTaken);
  const chips = waiting.map(chip);
  const says = navigator.onLine ? word("progress") : word("paused");
  const line = make("p", { className: "ds-file-note", role: "status", textContent: says });
  place?.replaceChildren(...(chips.length ? [make("div", { className: "ds-files", role: "list" }, ...chips), line] : []));
};

/** @type {() => void} */
const changed = () => {
  show();
  watchers.forEach((watcher) => watcher());
};

const keep = () => keepUploads(uploads.map(({ file }) => file));

/** @type {(upload: Upload) => void} */
const drop = (upload) => {
  upload.stop?.();
  uploads = uploads.filter((other) => other !== upload);
  keep();
  changed();
};

/** @type {(upload: Upload) => Promise<void>} */
const send = async (upload) => {
  const told = (/** @type {number} */ share) => {
    upload.share = share;
    show();
  };
  const { reply, stop } = sendFile(upload.file, told);
  upload.stop = stop;
  const answer = await reply;
  if (!uploads.includes(upload)) return;
  if (answer.path) upload.path = answer.path;
  else if (answer.refused) {
    tell(`${upload.file.name}: ${answer.refused}`);
    drop(upload);
  } else await new Promise((resolve) => setTimeout(resolve, AGAIN_MS)); // no connection
};

/** All that came are handed over to be read; until they are, a reload sends them again. */
const hand = async () => {
  const taken = uploads.filter(({ path }) => path);
  for (const upload of taken) upload.isTaken = true;
  changed();
  await ask("attach", "", JSON.stringify(taken.map(({ path }) => path)));
  uploads = uploads.filter((upload) => !taken.includes(upload));
  keep();
  changed();
};

const sendAll = async () => {
  if (isSending) return;
  isSending = true;
  for (let next; (next = uploads.find(({ path }) => !path)); ) {
    await send(next);
    if (!uploads.some(({ path }) => !path) && uploads.length) await hand();
  }
  isSending = false;
};

/** @type {(files: File[]) => void} */
export const upload = (files) => {
  if (!files.length) return;
  uploads.push(...files.map((file) => ({ file, share: 0 })));
  keep();
  changed();
  sendAll();
};

/** @type {Promise<File[]> | undefined} What was on its way before a reload, read before anything new is. */
let earlier;
export const startUploads = () => void (earlier = keptUploads());
export const resumeUploads = async () => upload((await earlier) ?? []);

// Files for a message: dropped on the chat or pasted, they go the way of the button. See ui/parts/attachments.py.
import { around, find, hit } from "./elements.js";
import { FIELDS, mostFileBytes } from "./gradio.js";
import { ask } from "./server.js";
import { upload } from "./uploads.js";

const MOST_FILES = 500;
const DROPPING_MS = 300;
const PASSED_OVER = /^(\.git|\.hg|\.svn|\.venv|node_modules|__pycache__|__MACOSX|\.DS_Store)$/;
const SLASH = "\u2215"; // a name is cut at a real one on its way

/** @type {(files: File[]) => void} Those that are too large are not sent at all. */
const attach = (files) => {
  const limit = mostFileBytes() ?? Infinity;
  const large = files.filter((file) => file.size > limit);
  const isAlone = large.length === files.length;
  if (large.length) ask("files_too_large", isAlone ? "alone" : "", large.map((file) => file.name).join("\n"));
  upload(files.filter((file) => file.size <= limit));
};

/** @type {(event: Event) => void} Gradio would send them without a word of how far they are. */
const takeChosen = (event) => {
  const input = hit(event, FIELDS.attachments);
  if (!input) return;
  event.stopImmediatePropagation();
  const files = [...input.files];
  input.value = ""; // so that the same file can be chosen again
  attach(files);
};

/** @type {(target: any, method: string) => Promise<any>} */
const promised = (target, method) => new Promise((resolve, reject) => target[method](resolve, reject));

/**
 * The files of a folder, named by their paths in it.
 * @type {(entry: any, path: string, found: File[]) => Promise<void>}
 */
export const gatherFiles = async (entry, path, found) => {
  if (found.length >= MOST_FILES || PASSED_OVER.test(entry.name)) return;
  if (entry.isFile) {
    const file = await promised(entry, "file");
    found.push(path ? new File([file], path.replaceAll("/", SLASH) + file.name, { type: file.type }) : file);
    return;
  }
  const reader = entry.createReader();
  for (let batch; (batch = await promised(reader, "readEntries")).length; )
    for (const child of batch) await gatherFiles(child, `${path}${entry.name}/`, found);
};

/** @type {(event: DragEvent) => boolean} */
const bringsFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files") && around(event, "#chat-page"));
/** @type {(is: boolean) => void} */
const showDropping = (is) => find("#chat-page").classList.toggle("is-dropping", is);

const hearDrops = () => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    clearTimeout(leaving);
    showDropping(true);
    leaving = setTimeout(() => showDropping(false), DROPPING_MS);
  });
  document.addEventListener(
    "drop",
    async (event) => {
      if (!bringsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.stopPropagation();
      showDropping(false);
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      if (!entries.length) return attach([...event.dataTransfer.files]);
      /** @type {File[]} */
      const found = [];
      for (const entry of entries) await gatherFiles(entry, "", found);
      attach(found);
    },
    true,
  );
};

/** @type {(event: ClipboardEvent) => void} */
const takePasted = (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  // Office programs put a picture beside the text that is meant.
  if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
  if (!around(event, "#chat-input")) return;
  event.preventDefault();
  event.stopPropagation();
  attach(files);
};

export const hearFiles = () => {
  document.addEventListener("change", takeChosen, true);
  document.addEventListener("paste", takePasted, true);
  hearDrops();
};

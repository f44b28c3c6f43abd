// Files that a reader brings to the workbench and takes from it.
import { make } from "./elements.js";
import { ask } from "./server.js";

const MOST_BYTES = 5_000_000; // of one; the server's own bounds are lower, and tell by name
const PASSED_OVER = /(^|\/)(\.git|node_modules|__pycache__|\.venv|\.DS_Store)(\/|$)/;

/** @type {(buffer: ArrayBuffer) => string} */
const toBase64 = (buffer) => {
  let binary = "";
  const bytes = new Uint8Array(buffer);
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
};
/** @type {(text: string) => Uint8Array<ArrayBuffer>} */
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @type {(bytes: ArrayBuffer) => string | null} Nothing for what is no text. */
export const textOf = (bytes) => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
};

/**
 * Hand files to the server; the reason where they are refused.
 * @type {(files: File[], notText: string) => Promise<string>}
 */
export const bring = async (files, notText) => {
  /** @type {{ texts: Record<string, string>, archives: Record<string, string> }} */
  const brought = { texts: {}, archives: {} };
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    if (PASSED_OVER.test(path)) continue;
    if (file.size > MOST_BYTES) return `${path}: ${(file.size / 1e6).toFixed(1)} MB > ${MOST_BYTES / 1e6} MB`;
    const bytes = await file.arrayBuffer();
    if (/[.]zip$/i.test(path)) brought.archives[path] = toBase64(bytes);
    else {
      const text = textOf(bytes);
      if (text === null) return `${path}: ${notText}`;
      brought.texts[withoutTop(path)] = text;
    }
  }
  const answer = await ask("files_bring", "", JSON.stringify(brought));
  return answer.error ?? "";
};

/** @type {(path: string) => string} A chosen folder stands in the paths of its files. */
const withoutTop = (path) => (path.includes("/") ? path.slice(path.indexOf("/") + 1) : path);

/** @type {(folder: boolean, use: (files: File[]) => void) => void} */
export const choose = (folder, use) => {
  const field = make("input", { type: "file", multiple: true, webkitdirectory: folder });
  field.onchange = () => use([...field.files]);
  field.click();
};

/** @type {(name: string, content: BlobPart, type: string) => void} */
export const download = (name, content, type) => {
  const href = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
};

export const takeAll = async () => {
  const { archive } = await ask("files_take");
  if (archive) download("workspace.zip", fromBase64(archive), "application/zip");
};

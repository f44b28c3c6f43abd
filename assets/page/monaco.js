// The editor of monaco-editor: run once it is wanted, from wherever the libraries are. Knows no workspace.
import { make } from "./elements.js";
import { integrityOf, libraryOf, runScript } from "./libraries.js";

const NAME = "monaco-editor";
const STYLE = "min/vs/editor/editor.main.css";
/** @type {Promise<any> | null} */
let loading = null;

/** @type {() => any} The loader that the library brings. */
const amd = () => /** @type {any} */ (window).require;

/** @type {(at: string, library: import("./libraries.js").Library) => void} Each script that the loader adds is held to its checksum. */
const checkScripts = (at, library) => {
  const watcher = document.head.appendChild.bind(document.head);
  document.head.appendChild = (/** @type {any} */ node) => {
    const path = node.src?.startsWith(at) ? node.src.slice(at.length) : "";
    if (path && library.files[path]) {
      node.crossOrigin = "anonymous";
      node.integrity = integrityOf(library, path);
    }
    return watcher(node);
  };
};

/** @type {() => Promise<any>} */
const load = async () => {
  const library = await libraryOf(NAME);
  if (!library) throw new Error(NAME);
  const at = new URL(library.at, document.baseURI).href;
  document.head.append(
    make("link", { rel: "stylesheet", href: at + STYLE, crossOrigin: "anonymous", integrity: integrityOf(library, STYLE) }),
  );
  await runScript(NAME, "min/vs/loader.js");
  checkScripts(at, library);
  const chinese = document.documentElement.lang.startsWith("zh");
  amd().config({ paths: { vs: `${at}min/vs` }, ...(chinese ? { "vs/nls": { availableLanguages: { "*": "zh-cn" } } } : {}) });
  await new Promise((resolve, reject) => amd()(["vs/editor/editor.main"], resolve, reject));
  const { monaco } = /** @type {any} */ (window);
  // What these look for by workers of their own, ten megabytes of them, is not asked for here.
  const off = Object.fromEntries(["completionItems", "hovers", "documentSymbols", "definitions", "references", "documentHighlights", "rename", "diagnostics", "documentRangeFormattingEdits", "signatureHelp", "onTypeFormattingEdits", "codeActions", "inlayHints", "links", "selectionRanges", "foldingRanges", "colors", "documentFormattingEdits"].map((name) => [name, false]));
  const { typescript, css, html } = monaco.languages;
  for (const defaults of [typescript?.typescriptDefaults, typescript?.javascriptDefaults, css?.cssDefaults, css?.scssDefaults, css?.lessDefaults, html?.htmlDefaults, html?.handlebarDefaults, html?.razorDefaults])
    defaults?.setModeConfiguration(off);
  return monaco;
};

/** @type {() => Promise<any>} Rejected where it cannot be had. */
export const loadMonaco = () => {
  loading ??= load();
  loading.catch(() => (loading = null));
  return loading;
};

/** @type {(monaco: any, path: string) => string} The language of a file, by its name. */
export const languageOf = (monaco, path) => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const found = monaco.languages
    .getLanguages()
    .find((/** @type {any} */ one) => one.filenames?.includes(name) || one.extensions?.some((/** @type {string} */ ending) => name.endsWith(ending)));
  return found?.id ?? "plaintext";
};

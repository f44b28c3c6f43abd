// The workbench's menu: what can be asked about the files, and what can be done with them.
import { make } from "./elements.js";
import { download, takeAll } from "./work_files.js";
import { asOne } from "./work_page.js";
import { button, word } from "./work_words.js";

/** @typedef {import("./workbench.js").WorkFile} WorkFile */
/**
 * @typedef {{ file: WorkFile | undefined, files: WorkFile[],
 *   selection: () => { text: string, first: number, last: number } | null,
 *   settle: (act: string, target?: string, text?: string) => Promise<any>,
 *   suggest: (prompt: string) => void, bringIn: (files: File[]) => void, openFile: (path: string) => void,
 *   newFile: () => void, choose: (folder: boolean) => void }} Bench
 */
const ACTIONS = ["explain", "review", "findBug", "refactor", "types", "tests", "translate"];

/** @type {(bench: Bench) => string} What an action is about: what is selected, the file, or all of them. */
const subject = ({ file, selection }) => {
  const chosen = selection();
  if (!file) return word("allFiles");
  if (!chosen?.text.trim()) return file.path;
  return `${file.path}, ${word("lines")} ${chosen.first}–${chosen.last}`;
};

/** @type {(bench: Bench, whole: boolean) => any[]} */
const actions = (bench, whole) =>
  ACTIONS.map((name) =>
    button(name, "ds-work-menu-item", () => bench.suggest(word(`${name}Prompt`).replace("…", whole ? word("allFiles") : subject(bench)))),
  );

/** @type {(bench: Bench) => any[]} */
const ofFile = ({ file, files, settle, openFile }) => {
  if (!file) return [];
  const { path, text, versions } = file;
  const rename = async () => {
    const name = prompt(word("newName"), path);
    if (!name || name === path) return;
    const answer = await settle("file_rename", path, name);
    if (!answer.error) openFile(name);
  };
  const remove = () => confirm(`${word("deleteFile")}: ${path}?`) && settle("file_delete", path);
  const whole = () => download(path.split("/").pop() ?? "page.html", asOne(text, path, Object.fromEntries(files.map((one) => [one.path, one.text]))), "text/html");
  return [
    button("copyFile", "ds-work-menu-item", () => navigator.clipboard?.writeText(text)),
    button("download", "ds-work-menu-item", () => download(path.split("/").pop() ?? "file", text, "text/plain")),
    ...(/\.html?$/i.test(path) ? [button("onePage", "ds-work-menu-item", whole)] : []),
    button("rename", "ds-work-menu-item", rename),
    button("deleteFile", "ds-work-menu-item", remove),
    ...(versions.length > 1 ? [versionsOf(path, versions, settle)] : []),
  ];
};

/** @type {(path: string, versions: string[], settle: Bench["settle"]) => any} */
const versionsOf = (path, versions, settle) =>
  make(
    "div",
    { className: "ds-work-menu-versions", role: "group", ariaLabel: word("versions") },
    make("span", { textContent: word("versions") }),
    ...versions.map((source, at) =>
      make("button", {
        type: "button",
        className: "ds-pill",
        disabled: at === versions.length - 1,
        textContent: String(at + 1),
        title: word(`by${source[0].toUpperCase()}${source.slice(1)}`),
        onclick: () => settle("file_back", path, String(at)),
      }),
    ),
  );

/** @type {(bench: Bench) => any} */
export const drawMenu = (bench) => {
  const menu = make(
    "details",
    { className: "ds-work-menu" },
    make("summary", { className: "ds-pill", textContent: word("more") }),
    make(
      "div",
      { className: "ds-work-menu-list" },
      ...(bench.files.length ? [make("div", { className: "ds-work-ask" }, make("span", { textContent: word("askAbout") }), ...actions(bench, false))] : []),
      ...(bench.file ? [make("span", { textContent: bench.file.path }), ...ofFile(bench)] : []),
      make("span", { textContent: word("files") }),
      button("bringFiles", "ds-work-menu-item", () => bench.choose(false)),
      button("bringFolder", "ds-work-menu-item", () => bench.choose(true)),
      ...(bench.files.length ? [button("takeZip", "ds-work-menu-item", takeAll)] : []),
      button("form", "ds-work-menu-item", () => document.documentElement.classList.add("ds-gap"), { id: "code-form-open" }),
    ),
  );
  menu.addEventListener("click", (/** @type {any} */ event) => event.target.closest(".ds-work-menu-item") && (menu.open = false));
  menu.addEventListener("focusout", (/** @type {any} */ event) => menu.contains(event.relatedTarget) || setTimeout(() => menu.contains(document.activeElement) || (menu.open = false), 150));
  return menu;
};

// The workbench's list of files: tabs while there are few, folders to open and close where there are many.
import { make } from "./elements.js";
import { word } from "./work_words.js";

/** @typedef {import("./workbench.js").WorkFile} WorkFile */
/** @typedef {{ folders: Map<string, Tree>, paths: string[] }} Tree */

export const MOST_TABS = 12;
/** @type {Set<string>} */
const closed = new Set(); // folders, by their path

/** @type {(paths: string[]) => Tree} Folders by their names, and the files that are in none; both as they are sorted. */
export const treeOf = (paths) => {
  /** @type {Tree} */
  const tree = { folders: new Map(), paths: [] };
  for (const path of [...paths].sort()) {
    const folders = path.split("/").slice(0, -1);
    let place = tree;
    for (const folder of folders) {
      const inner = place.folders.get(folder) ?? { folders: new Map(), paths: [] };
      place.folders.set(folder, inner);
      place = inner;
    }
    place.paths.push(path);
  }
  return tree;
};

/** @type {(file: WorkFile, name: string, open: (path: string) => void, properties: object) => any} */
const drawFile = ({ path, proposal, secrets }, name, open, properties) =>
  make("button", {
    type: "button",
    className: `ds-work-file${proposal ? " is-changed" : ""}${secrets.length ? " is-secret" : ""}`,
    textContent: name,
    title: secrets.map(({ line, kind }) => `${word("line")} ${line}: ${word("looksLike")} ${kind}`).join("\n") || path,
    onclick: () => open(path),
    ...properties,
  });

/** @type {(files: WorkFile[], current: string, open: (path: string) => void) => any[]} */
export const drawTabs = (files, current, open) =>
  files.map((file) => drawFile(file, file.path, open, { role: "tab", ariaSelected: String(file.path === current) }));

/** @type {(files: WorkFile[], current: string, open: (path: string) => void) => any[]} */
export const drawTree = (files, current, open) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  /** @type {(tree: Tree, above: string) => any[]} */
  const drawn = ({ folders, paths }, above) => [
    ...[...folders].map(([name, inner]) => {
      const path = `${above}${name}/`;
      const folder = make("details", { open: !closed.has(path) || current.startsWith(path) }, make("summary", { textContent: name }), ...drawn(inner, path));
      folder.addEventListener("toggle", () => (folder.open ? closed.delete(path) : closed.add(path)));
      return folder;
    }),
    ...paths.map((path) =>
      drawFile(/** @type {WorkFile} */ (byPath.get(path)), path.slice(above.length), open, { ariaCurrent: String(path === current) }),
    ),
  ];
  return drawn(treeOf(files.map(({ path }) => path)), "");
};

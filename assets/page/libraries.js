// Libraries that are no part of the project: where they are, and their files, each held to its checksum. They lie at the
// app's own address or at a content delivery network, see ui/libraries.py; where a library cannot be had, it is null.

/** @typedef {{ at: string, version: string, files: Record<string, string> }} Library */
/** @typedef {{ libraries: Record<string, Library>, pyodidePackages: string }} Told */

/** @type {Promise<Told> | null} */
let told = null;
/** @type {Map<string, Promise<void>>} */
const run = new Map();

const nothing = () => ({ libraries: {}, pyodidePackages: "" });

/** @type {() => Promise<Told>} */
const list = () =>
  (told ??= fetch("libraries/list.json").then(
    (reply) => (reply.ok ? reply.json() : nothing()),
    nothing,
  ));

/** @type {(name: string) => Promise<Library | null>} */
export const libraryOf = async (name) => {
  const library = (await list()).libraries[name];
  return library?.at ? library : null;
};

/** @type {() => Promise<string>} Where the packages are that Pyodide's lock file names; "" where they cannot be had. */
export const pyodidePackages = async () => (await list()).pyodidePackages;

/** @type {(library: Library, path: string) => string} As the browser wants it. */
export const integrityOf = (library, path) => `sha256-${library.files[path]}`;

/** @type {(name: string, path: string) => Promise<ArrayBuffer>} Rejected where it cannot be had. */
export const readFile = async (name, path) => {
  const library = await libraryOf(name);
  if (!library) throw new Error(name);
  const reply = await fetch(library.at + path, { integrity: integrityOf(library, path) });
  if (!reply.ok) throw new Error(`${name}/${path}: ${reply.status}`);
  return reply.arrayBuffer();
};

/** @type {(script: HTMLScriptElement) => Promise<void>} */
const added = (script) =>
  new Promise((resolve, reject) => {
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(script.src)));
    document.head.append(script);
  });

/**
 * Run a script of a library in the page, once however often it is asked for; one that could not be had is tried again.
 * @type {(name: string, path: string) => Promise<void>}
 */
export const runScript = (name, path) => {
  const place = `${name}/${path}`;
  const running = run.get(place) ?? begin(name, path);
  run.set(place, running);
  running.catch(() => run.delete(place));
  return running;
};

/** @type {(name: string, path: string) => Promise<void>} */
const begin = async (name, path) => {
  const library = await libraryOf(name);
  if (!library) throw new Error(name);
  const src = new URL(library.at + path, document.baseURI).href;
  await added(Object.assign(document.createElement("script"), {
    src,
    crossOrigin: "anonymous",
    integrity: integrityOf(library, path),
  }));
};

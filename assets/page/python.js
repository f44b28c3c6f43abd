// What Python in the browser is made of: read once, each file held to its checksum, and handed to the run frame.
import { libraryOf, pyodidePackages, readFile } from "./libraries.js";

const CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
const PYTEST = ["pytest", "iniconfig", "packaging", "pluggy", "pygments"];
/** @type {Promise<Record<string, ArrayBuffer>> | null} */
let core = null;

const readCore = async () =>
  Object.fromEntries(await Promise.all(CORE.map(async (name) => [name, await readFile("pyodide", name)])));

/** @type {() => Promise<Record<string, ArrayBuffer>>} Rejected where it cannot be had; then it is tried again. */
export const pythonFiles = () => {
  core ??= readCore();
  core.catch(() => (core = null));
  return core;
};

/** @type {() => Promise<ArrayBuffer[]>} None where they are not at the app's own address: Pyodide has them too. */
export const pytestWheels = async () => {
  const libraries = await Promise.all(PYTEST.map(libraryOf));
  if (!libraries.every(Boolean)) return [];
  return Promise.all(
    libraries.map((library, at) => readFile(PYTEST[at], Object.keys(/** @type {any} */ (library).files)[0])),
  );
};

/** @type {(hex: string) => string} */
const integrity = (hex) =>
  `sha256-${btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))))}`;

/**
 * A package of Pyodide's own, by the name of its file; nothing for what its lock file does not name, or where there is
 * no network to take it from.
 * @type {(file: string) => Promise<ArrayBuffer | null>}
 */
export const pyodidePackage = async (file) => {
  const place = await pyodidePackages();
  const lock = JSON.parse(new TextDecoder().decode((await pythonFiles())["pyodide-lock.json"]));
  const found = Object.values(lock.packages).find((one) => one.file_name === file);
  if (!place || !found) return null;
  try {
    const reply = await fetch(place + file, { integrity: integrity(found.sha256) });
    return reply.ok ? await reply.arrayBuffer() : null;
  } catch {
    return null;
  }
};

/** @type {() => Promise<string>} The worker's script. */
export const workerScript = async () => (await fetch("run-frame/python.js")).text();

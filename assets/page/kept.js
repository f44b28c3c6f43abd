// Small things that this browser keeps by name: `always` for good, `inTab` as long as the tab. Some browsers refuse
// that, with an error at the first touch, or with one at a write: then it is forgotten.
import { replaceStore } from "./gradio.js";

/** @typedef {"localStorage" | "sessionStorage"} StoreName */

/** @type {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} */
const standIn = () => {
  const values = new Map();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, String(value)),
    removeItem: (name) => void values.delete(name),
  };
};

/** @type {Set<StoreName>} */
const refused = new Set();

/** Put stand-ins in the place of what is refused; before anything is kept, and before Gradio looks there. */
export const mendStores = () => {
  for (const name of /** @type {const} */ (["localStorage", "sessionStorage"])) {
    try {
      window[name].getItem(name);
    } catch {
      refused.add(name);
      replaceStore(name, standIn());
    }
  }
};

/** @type {() => boolean} */
export const isLasting = () => !refused.has("localStorage");

/** @param {StoreName} name */
const guarded = (name) => ({
  /** @type {(key: string) => string | null} */
  get: (key) => window[name].getItem(key),
  /** @type {(key: string, value: string) => void} */
  set: (key, value) => {
    try {
      window[name].setItem(key, value);
    } catch {
      // Full, or not to be written.
    }
  },
  /** @type {(key: string) => void} */
  remove: (key) => window[name].removeItem(key),
});
export const always = guarded("localStorage");
export const inTab = guarded("sessionStorage");

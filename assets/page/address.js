// The address of what the page shows, behind the #: "chat/ID" for a chat, "chat" for a new one, "code", "compare". It
// works under any path, and on the page of a Space, which shows this one in a frame and has to be told.

/** @typedef {{ tab: string, chat: string }} Place */

const TABS = ["chat", "code", "compare"];
const SPACES = "https://huggingface.co";

/** @type {(hash: string) => Place | null} Null for what is no such address. */
export const placeOf = (hash) => {
  const [tab, ...rest] = hash.replace(/^#/, "").split("/");
  return TABS.includes(tab) && (tab === "chat" || !rest.length) ? { tab, chat: rest.join("/") } : null;
};

/** @type {(place: Place) => string} */
export const hashOf = ({ tab, chat }) => (tab === "chat" && chat ? `#chat/${chat}` : `#${tab}`);

export const here = () => placeOf(location.hash);

/** @type {(place: Place, isStep: boolean) => void} With `isStep` Back leads to where the reader was before. */
export const write = (place, isStep) => {
  const hash = hashOf(place);
  if (hash === location.hash) return;
  // Not the hash alone, which the page's <base> would put behind another path.
  const url = location.pathname + location.search + hash;
  if (isStep) history.pushState(null, "", url);
  else history.replaceState(history.state, "", url);
  if (parent !== window) parent.postMessage({ hash }, SPACES);
};

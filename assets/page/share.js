// Links that carry a message, a model, parameters and a system prompt behind the #; chat/parameters/share.py says what
// counts of them.
import { around, find } from "./elements.js";
import { ask, draw } from "./server.js";

const PREFIX = "#say=";
let arrived = "";
let isOpenedByLink = false;

// Taken at once, so that a reload does not fill in the same again.
const takeLink = () => {
  if (!location.hash.startsWith(PREFIX)) return;
  arrived = location.hash;
  history.replaceState(history.state, "", location.pathname + location.search);
};

/** @type {() => boolean} Whether the page was opened by such a link. */
export const hasArrived = () => isOpenedByLink;

/** Have the server fill in what a link brought. */
export const openLink = () => {
  if (arrived) ask("open_link", "", arrived).then(() => draw("keep_parameters"));
  arrived = "";
};

/** @type {(link: string, isCopied: boolean) => void} */
const show = (link, isCopied) => {
  const place = find("#share-result");
  place.querySelector("p").textContent = isCopied ? place.dataset.sayCopied : place.dataset.sayCopy;
  const field = place.querySelector("input");
  field.value = link;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
  if (!isCopied) field.select();
};

/**
 * The link to a message, or to what is being written; it rejects where the server has refused it.
 * @type {(turn: string) => Promise<string>}
 */
export const linkTo = async (turn) => {
  const { fragment } = await ask("share", turn);
  if (!fragment) throw new Error("refused");
  return `${location.origin}${location.pathname}#${fragment}`;
};

const share = async () => {
  const link = await linkTo("");
  const copied = navigator.clipboard ? navigator.clipboard.writeText(link) : Promise.reject();
  copied.then(
    () => show(link, true),
    () => show(link, false),
  );
};

export const hearLinks = () => {
  takeLink();
  isOpenedByLink = Boolean(arrived);
  document.addEventListener("click", (event) => {
    if (around(event, "#share")) share().catch(() => {}); // the server says why there is none
  });
  // A link that is followed on a page that is open already.
  addEventListener("hashchange", () => {
    takeLink();
    openLink();
  });
};

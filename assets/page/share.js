// Links that carry a message, a model, parameters and a system prompt behind the #; chat/parameters/share.py says what
// counts of them.
window.dsShare = (() => {
  const PREFIX = "#say=";
  // Taken at once, so that a reload does not fill in the same again.
  let arrived = location.hash.startsWith(PREFIX) ? location.hash : "";
  const hasArrived = Boolean(arrived);
  if (arrived) history.replaceState(history.state, "", location.pathname + location.search);

  const open = () => {
    if (arrived) dsPage.ask("open_link", "", arrived);
    arrived = "";
  };

  const show = (link, isCopied) => {
    const place = document.getElementById("share-result");
    place.querySelector("p").textContent = isCopied ? place.dataset.sayCopied : place.dataset.sayCopy;
    const field = place.querySelector("input");
    field.value = link;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
    if (!isCopied) field.select();
  };

  // The link to a message, or to what is being written; it rejects where the server has refused it.
  const linkTo = async (turn) => {
    const { fragment } = await dsPage.ask("share", turn);
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

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#share")) share().catch(() => {}); // the server says why there is none
  });
  // A link that is followed on a page that is open already.
  addEventListener("hashchange", () => {
    if (!location.hash.startsWith(PREFIX)) return;
    arrived = location.hash;
    history.replaceState(history.state, "", location.pathname + location.search);
    open();
  });
  return { open, linkTo, hasArrived };
})();

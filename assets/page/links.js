// A link in an answer leads to the web or into a mail, and nowhere else: not into this machine's files, nor to a program
// that another scheme would start.
(() => {
  const KNOWN = new Set(["http:", "https:", "mailto:"]);
  const hold = (event) => {
    const link = event.target.closest?.("#chatbot .md a[href], #code-explanation a[href], [id^='compare-'] a[href]");
    if (link && !KNOWN.has(link.protocol)) event.preventDefault();
  };
  for (const kind of ["click", "auxclick", "dragstart"]) document.addEventListener(kind, hold, true);
})();

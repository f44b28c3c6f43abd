// What is copied is what was written: takes out the invisible signs that ui/html/render.py puts in so that text stays text.
(() => {
  const plain = (text) =>
    text
      .replace(/[\u2063\u2064]/g, "")
      .replace(/([<!]|```)\u2060|\u2060(?=\t)/g, "$1")
      .replace(/&#(0\d{3,});/g, (_, code) => String.fromCodePoint(Number(code)));

  if (navigator.clipboard) {
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    navigator.clipboard.writeText = (text) => write(plain(String(text)));
  }

  document.addEventListener("copy", (event) => {
    const field = document.activeElement;
    if (/^(INPUT|TEXTAREA)$/.test(field?.tagName) && field.selectionStart !== field.selectionEnd) return;
    const selected = String(window.getSelection());
    const cleaned = plain(selected);
    if (cleaned === selected) return;
    event.clipboardData.setData("text/plain", cleaned);
    event.preventDefault();
  });
})();

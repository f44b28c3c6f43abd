// What can be said of a file before anything runs, by what the browser has itself: JSON and SVG. Python is looked at by the
// worker that runs it, scripts and pages by the frame. Knows no editor.

/** @typedef {{ line: number, text: string }} Wrong `line` counts from 1; 0 where the browser tells none. */

/** @type {(text: string) => Wrong | null} */
export const wrongInJson = (text) => {
  if (!text.trim()) return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const said = /** @type {Error} */ (error).message;
    const last = text.trimEnd().split("\n").length;
    const position = /position (\d+)/.exec(said)?.[1];
    const line = /line (\d+)/.exec(said)?.[1] ?? (position && text.slice(0, Number(position)).split("\n").length);
    return { line: line ? Math.min(Number(line), last) : /end of JSON/.test(said) ? last : 0, text: said };
  }
};

/** @type {(text: string) => Wrong | null} */
const wrongInSvg = (text) => {
  const told = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? "";
  const found = /line (\d+)[^:]*:\s*([^\n]*)/i.exec(told);
  return told ? { line: Number(found?.[1] ?? 0), text: (found?.[2] ?? told).slice(0, 300) } : null;
};

/** @type {(path: string, text: string) => Wrong | null} What is wrong in a file; nothing where there is no telling. */
export const wrongIn = (path, text) => {
  if (/\.json$/i.test(path)) return wrongInJson(text);
  if (/\.svg$/i.test(path)) return wrongInSvg(text);
  return null;
};

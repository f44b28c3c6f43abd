// A page of several files as one: what its HTML takes from the workspace stands in it, so that it runs by itself.

/** @typedef {Record<string, string>} Texts By path. */

const SCRIPT = /<script\b([^>]*?)\bsrc\s*=\s*["']([^"']+)["']([^>]*)>\s*<\/script>/gi;
const STYLE = /<link\b[^>]*?>/gi;
const IMAGE = /(<img\b[^>]*?\bsrc\s*=\s*)(["'])([^"']+\.svg)\2/gi;

/** @type {(from: string, path: string) => string} A path as a page at `from` means it. */
export const resolved = (from, path) => {
  const steps = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const step of path.split(/[?#]/)[0].split("/")) {
    if (step === "..") steps.pop();
    else if (step && step !== ".") steps.push(step);
  }
  return steps.join("/");
};

// Within a script its end tag, and what begins a comment in which that would not count, are written in another way.
/** @type {(code: string) => string} */
const safeScript = (code) => code.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");

/** @type {(html: string, path: string, texts: Texts) => string} */
export const asOne = (html, path, texts) => {
  /** @type {(source: string) => string | undefined} */
  const text = (source) => (/^[a-z]+:|^\/\//i.test(source) ? undefined : texts[resolved(path, source)]);
  return html
    .replace(SCRIPT, (tag, before, source, after) => {
      const code = text(source);
      return code === undefined ? tag : `<script${before}${after}>\n${safeScript(code)}\n</script>`;
    })
    .replace(STYLE, (tag) => {
      const source = /\bhref\s*=\s*["']([^"']+)["']/i.exec(tag)?.[1];
      const css = source && /\brel\s*=\s*["']?stylesheet/i.test(tag) ? text(source) : undefined;
      return css === undefined ? tag : `<style>\n${css.replace(/<\/(style)/gi, "<\\/$1")}\n</style>`;
    })
    .replace(IMAGE, (tag, before, quote, source) => {
      const image = text(source);
      return image === undefined ? tag : `${before}${quote}data:image/svg+xml,${encodeURIComponent(image)}${quote}`;
    });
};

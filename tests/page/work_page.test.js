// What of the workbench needs no page: a page of several files as one, or half written; files in their folders; JSON.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wrongInJson } from "../../assets/page/work_check.js";
import { treeOf } from "../../assets/page/work_list.js";
import { asOne, resolved } from "../../assets/page/work_page.js";
import { upToTag } from "../../assets/page/work_run.js";

const texts = {
  "css/style.css": "h1 { color: teal }",
  "app.js": 'document.write("</script><!-- $& -->")',
  "img/a.svg": "<svg/>",
};

test("what a page takes from the workspace stands in it", () => {
  const html = `<link rel="stylesheet" href="css/style.css"><script src="app.js" defer></script><img src="img/a.svg">`;
  const whole = asOne(html, "index.html", texts);
  assert.match(whole, /<style>\nh1 \{ color: teal \}\n<\/style>/);
  assert.match(whole, /src="data:image\/svg\+xml,%3Csvg%2F%3E"/);
  assert.ok(whole.includes('document.write("<\\/script><\\!-- $& -->")'));
  assert.equal(whole.match(/<\/script>/g)?.length, 1);
});

test("what is elsewhere, or not there, stays as it is", () => {
  const html = `<script src="https://x.org/a.js"></script><link rel="icon" href="css/style.css"><img src="b.svg">`;
  assert.equal(asOne(html, "index.html", texts), html);
});

test("paths are those that the page means", () => {
  assert.equal(resolved("pages/a.html", "../app.js?v=1"), "app.js");
  assert.equal(resolved("pages/a.html", "./b.js"), "pages/b.js");
  assert.equal(resolved("a.html", "/c.js"), "c.js");
  assert.equal(resolved("a.html", "../../../c.js"), "c.js");
});

test("JSON that cannot be read is told with its line, where the engine tells it", () => {
  assert.equal(wrongInJson('{"a": [1, 2]}'), null);
  assert.equal(wrongInJson("  \n"), null);
  assert.equal(wrongInJson('{\n  "a": 1\n  "b": 2\n}')?.line, 3);
  assert.equal(wrongInJson('{\n  "a": 1,\n')?.line, 2);
  assert.match(wrongInJson("[1, x]")?.text ?? "", /x/);
});

test("of a page that is being written what ends in half a tag is not shown", () => {
  assert.equal(upToTag('<h1>Title</h1><p class="a'), "<h1>Title</h1>");
  assert.equal(upToTag("<h1"), "");
});

test("files stand in their folders, each under its whole path", () => {
  const tree = treeOf(["src/b.js", "a.md", "src/a.js", "src/lib/c.js"]);
  assert.deepEqual(tree.paths, ["a.md"]);
  const src = tree.folders.get("src");
  assert.deepEqual(src?.paths, ["src/a.js", "src/b.js"]);
  assert.deepEqual(src?.folders.get("lib")?.paths, ["src/lib/c.js"]);
});

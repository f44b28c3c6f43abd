// What is shown and said: colours, words, text that is copied.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { readable } from "../../assets/page/access.js";
import { plain } from "../../assets/page/clipboard.js";
import { languageOf } from "../../assets/page/code_bar.js";
import { told } from "../../assets/page/language.js";

describe("a colour on white", () => {
  it("that can be read stays", () => assert.equal(readable("rgb(0, 0, 0)"), "rgb(0 0 0)"));
  it("that cannot is made dark enough, in its hue", () => {
    const [red, green, blue] = readable("rgb(255, 255, 0)").match(/\d+/g).map(Number);
    assert.ok(red === green && red < 130 && blue === 0);
  });
  it("is the same when asked for again", () => {
    const once = readable("rgb(200, 120, 40)");
    assert.equal(readable(once.replaceAll(" ", ", ")), once);
  });
  it("is let alone where it is none, or half clear", () => {
    for (const other of ["", "inherit", "#fff", "rgba(1, 2, 3, 0.5)", "var(--ds-text)"])
      assert.equal(readable(other), null);
  });
});

describe("what is copied", () => {
  it("has none of the signs that keep text from being Markdown", () => {
    assert.equal(plain("a\u2063b\u2064"), "ab");
    assert.equal(plain("<\u2060b> ```\u2060 !\u2060[x] \u2060\tcode"), "<b> ``` ![x] \tcode");
    assert.equal(plain("&#0042;&#00123;"), "*{");
  });
  it("keeps those that somebody has written", () => {
    for (const text of ["a\u2060b", "&#42;", "&#x2a;", "&amp;", "你\u200d好"]) assert.equal(plain(text), text);
  });
});

describe("a word in another language", () => {
  const words = new Map([["Copy", "复制"], ["Copy all", "全部复制"], ["Blank", ""]]);
  const beginnings = new Map([["Upload failed:", "上传失败："], ["Up", "上"]]);
  it("is found as a whole first, whatever stands around it", () => {
    assert.equal(told(" Copy\n", words, beginnings), "复制");
    assert.equal(told("Copy all", words, beginnings), "全部复制");
    assert.equal(told("Blank", words, beginnings), "");
  });
  it("or by how it begins, in the order of the list", () =>
    assert.equal(told("Upload failed: a.txt ", words, beginnings), "上传失败：a.txt"));
  it("else stays, blanks and all", () => {
    for (const text of ["copy", " Copy that ", ""]) assert.equal(told(text, words, beginnings), text);
  });
  it("is its own once it is told", () => assert.equal(told("复制", words, beginnings), "复制"));
});

it("the language of code is told as it was written, without the sign that keeps it from being drawn", () => {
  assert.equal(languageOf("language-c++ x"), "c++");
  assert.equal(languageOf("language-\u2060mermaid"), "mermaid");
  assert.equal(languageOf(""), "");
});

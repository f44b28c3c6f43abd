import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { chatText, closed, named } from "../../assets/page/chat_files.js";

const names = { you: "You", assistant: "DeepSeek", thoughts: "Thoughts", prompt: "Prompt" };
const words = { ...names, tokens: "tokens", speed: "t/s", broken: "!" };
const chat = (title, ...turns) => ({ id: "a", title, created: 0, updated: 0, turns });

describe("a text that may have been cut off", () => {
  it("is closed in a block of code", () => assert.equal(closed("a\n```py\nx = 1\n\n"), "a\n```py\nx = 1\n```"));
  it("is left where its blocks are whole", () => assert.equal(closed(" ```\nx\n``` \n"), "```\nx\n```"));
  it("is left where the signs begin no block", () => {
    for (const text of ["a ``` b", "    ```", ""]) assert.equal(closed(text), text.trim());
  });
});

describe("a chat for people", () => {
  it("has what there is, in this order", () => {
    const usage = { model: "R1", generated_tokens: 12, tokens_per_second: 3.456 };
    const asked = { id: "1", question: "Why?", files: [{ name: "a.txt" }] };
    const whole = { ...asked, reasoning: "Hm", thinking_s: 1.25, answer: "So.", usage };
    const text = chatText({ ...chat("T", whole), created: 86_400_000 }, words);
    assert.equal(
      text,
      "# T\n\n1970-01-02\n\n## You\n\n- a.txt\n\nWhy?\n\n## DeepSeek\n\n" +
        "<details>\n<summary>Thoughts (1.3 s)</summary>\n\nHm\n\n</details>\n\nSo.\n\n*R1 · 12 tokens · 3.5 t/s*\n",
    );
  });
  it("quotes each line of the instructions, those of the last turn", () => {
    const turns = ["old", "new\nand $& more"].map((system_prompt, at) => ({
      id: String(at + 1),
      parent: at ? String(at) : "",
      question: "q",
      settings: { system_prompt },
    }));
    const text = chatText(chat("T", ...turns), words);
    assert.ok(text.includes("> **Prompt:** new\n> and $& more\n"));
    assert.ok(!text.includes("old"));
  });
  it("tells what broke an answer off", () => {
    const broken = { id: "1", question: "q", answer: "x", error: "gone" };
    assert.ok(chatText(chat("T", broken), words).endsWith("x\n\n> ! gone\n"));
  });
  it("is its title where there is nothing else", () => assert.equal(chatText(chat("T"), words), "# T\n"));
});

describe("the name of a file", () => {
  it("has no sign that a disk might refuse, in any script", () => {
    assert.match(named([chat("../a: b*/c?")]), /^a-b-c-\d{4}-\d\d-\d\d$/);
    assert.match(named([chat("你好，世界")]), /^你好-世界-\d/);
  });
  it("is there whatever the title", () => assert.match(named([chat("?!")]), /^chat-\d/));
  it("is that of all where there are several", () => assert.match(named([chat("a"), chat("b")]), /^chats-\d/));
  it("is short", () => assert.equal(named([chat("x".repeat(200))]).length, 60 + "-2000-01-01".length));
});

import assert from "node:assert/strict";
import { it } from "node:test";

import { isPending, literal, withMaths, withPending } from "../../assets/page/pending.js";

const said = (role, text) => ({ role, content: [{ type: "text", text }] });
const buttons = (name, turn) => `<div class="ds-acts"><button class="ds-act" name="${name}" value="${turn}"></button></div>`;
const turn = (id) => [
  said("user", `question ${id}`),
  said("user", buttons("edit", id)),
  said("assistant", `answer ${id}`),
  said("assistant", buttons("go_on", id) + buttons("retry", id)),
];
const chat = [...turn("a"), ...turn("b")];
const texts = (sent, messages = chat) =>
  withPending(messages, { key: "k", text: "", target: "", ...sent }, "", "Sending").map(
    ({ content, metadata }) => metadata?.title ?? content[0].text,
  );

it("a message stands at the end, with its documents, and an answer is waited for", () => {
  const drawn = withPending(turn("a"), { act: "send", key: "k", text: "a *b*\n<c>", target: "" }, "<div>x.txt</div>", "Sending");
  assert.deepEqual(
    drawn.slice(4).map(({ role, content }) => [role, content[0].text]),
    [["user", "<div>x.txt</div>"], ["user", literal("a *b*\n<c>")], ["assistant", ""]],
  );
  assert.ok(isPending(drawn, "k"));
  assert.ok(!isPending(drawn, "other") && !isPending(chat, "k"));
});

it("another version takes the place of all that followed its question", () => {
  assert.deepEqual(texts({ act: "retry", target: "a" }), ["question a", buttons("edit", "a"), "Sending"]);
  assert.deepEqual(texts({ act: "edit_save", target: "b", text: "new" }).slice(4), ["new", buttons("edit", "b"), "Sending"]);
});

it("the rest of an answer follows what is there of it", () => {
  assert.deepEqual(texts({ act: "go_on", target: "b" }).slice(4), ["question b", buttons("edit", "b"), "answer b", "Sending"]);
});

it("of a turn that is not there nothing else changes", () => {
  assert.deepEqual(texts({ act: "retry", target: "c" }).length, chat.length + 1);
});

it("what a person wrote means nothing to Markdown, and is read as it was written", () => {
  const written = " 1. <b> & `x` *y* \\ é 中文 👍\n\ttwo";
  const shown = literal(written);
  assert.match(shown, /^[\p{L}\p{N} &#;]*$/u);
  assert.equal(shown.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))), written);
});

const DIRECTIVES = ["Reason step by step.", "请逐步推理。"];
for (const [question, directive] of [["What is 2 + 2?", DIRECTIVES[0]], ["2 + 2 等于多少？", DIRECTIVES[1]]])
  it(`the directive for mathematics follows the question in its language and can be taken back: ${question}`, () => {
    const asked = withMaths(question, DIRECTIVES);
    assert.equal(asked, `${question}\n\n${directive}`);
    assert.equal(withMaths(asked, DIRECTIVES), question);
    assert.equal(withMaths(" ", DIRECTIVES), DIRECTIVES[0]);
  });

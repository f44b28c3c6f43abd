import assert from "node:assert/strict";
import { it, mock } from "node:test";

import { ask, connect, hear } from "../../assets/page/server.js";

it("what is asked before anybody listens is sent then, in order, and each gets its own answer", async () => {
  const answers = [ask("edit", "1"), ask("share", "", "x")];
  const sent = [];
  connect((asked) => sent.push(asked));
  assert.deepEqual(sent.map(({ act, target, text }) => [act, target, text]), [["edit", "1", ""], ["share", "", "x"]]);
  hear({ number: sent[1].number, fragment: "f" });
  hear({ number: sent[0].number, text: "t" });
  hear({ number: 99 });
  hear();
  const [edited, shared] = await Promise.all(answers);
  assert.deepEqual([edited.text, edited.fragment, shared.text, shared.fragment], ["t", undefined, undefined, "f"]);
});

it("what is long goes as a file, and where that fails the answer is the error", async () => {
  const sent = [];
  connect((asked) => sent.push(asked));
  const reply = mock.method(globalThis, "fetch", async () => Response.json(["/tmp/laid"]));
  ask("open_chat", "1", "x".repeat(100_000));
  assert.equal(sent.length, 1);
  const asked = ask("open_chat", "1", "x".repeat(100_001));
  await new Promise((resolve) => connect((late) => resolve(sent.push(late))));
  assert.equal(sent[1].file, "/tmp/laid");
  assert.ok(!("text" in sent[1]));
  hear({ number: sent[1].number, done: true });
  assert.ok((await asked).done);
  reply.mock.mockImplementation(async () => new Response("too large", { status: 413 }));
  assert.equal((await ask("import_chats", "", new File(["x"], "a"))).error, "too large");
});

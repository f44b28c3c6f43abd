import assert from "node:assert/strict";
import { test } from "node:test";

import { done } from "../../assets/page/chat_store.js";

test("a database that never answers is an error, and nothing waits for it for ever", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const silent = done({});
  context.mock.timers.tick(30_000);
  await assert.rejects(silent, /silent/);
  const answering = {};
  const answer = done(answering);
  answering.result = 7;
  answering.onsuccess();
  assert.equal(await answer, 7);
});

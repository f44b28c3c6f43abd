// Archives, read without a server.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deflateRawSync } from "node:zlib";

import { filesIn, isZip } from "../../assets/page/zip.js";

/** An archive of [path, text, is packed]; what nobody reads of it, such as checksums, is 0. */
const archive = (...files) => {
  const parts = [];
  const entries = [];
  let at = 0;
  for (const [path, text, isPacked] of files) {
    const name = Buffer.from(path);
    const data = isPacked ? deflateRawSync(Buffer.from(text)) : Buffer.from(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(Buffer.byteLength(text), 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, name, data);
    entries.push(entry, name);
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Blob([...parts, directory, end, Buffer.from("a comment")]);
};

describe("an archive", () => {
  const whole = archive(["x/conversations.json", "[1, 2]", true], ["user.json", "{}", false], ["a.png", "x", false]);
  it("is known by how it begins", async () => {
    assert.ok(await isZip(whole));
    assert.ok(!(await isZip(new Blob(["[1]"]))));
  });
  it("gives what is wanted of it, packed or not, by its name without a folder", async () => {
    const files = await filesIn(whole, (path) => path.endsWith(".json"));
    assert.deepEqual(files.map(({ name }) => name), ["conversations.json", "user.json"]);
    assert.deepEqual(await Promise.all(files.map((file) => file.text())), ["[1, 2]", "{}"]);
    assert.deepEqual(await filesIn(whole, () => false), []);
  });
  it("that is damaged is refused", async () => {
    await assert.rejects(filesIn(new Blob(["PK\u0003\u0004 and no more"]), () => true));
    const bent = Buffer.from(await archive(["a", "some text that is packed", true]).arrayBuffer());
    bent.fill(0xff, 31, 40);
    await assert.rejects(filesIn(new Blob([bent]), () => true));
  });
});

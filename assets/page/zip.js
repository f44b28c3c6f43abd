// Files out of a zip archive, read in the browser: of a large one only what is wanted. Knows the two ways of packing that
// are in use, and none of what is for archives beyond 4 GB.

const [END, ENTRY] = [0x06054b50, 0x02014b50]; // how the directory's end and its entries begin
const [END_BYTES, ENTRY_BYTES, LOCAL_BYTES] = [22, 46, 30];
const MOST_COMMENT_BYTES = 65_535;
const MOST_BYTES = 256 * 2 ** 20; // of a file, unpacked

/** @type {(blob: Blob) => Promise<DataView>} */
const view = async (blob) => new DataView(await blob.arrayBuffer());

/** @type {(data: DataView, at: number, length: number) => string} */
const text = (data, at, length) => new TextDecoder().decode(new Uint8Array(data.buffer, at, length));

/** @type {(file: Blob) => Promise<DataView | null>} The directory, at the end of the archive. */
const directory = async (file) => {
  const tail = await view(file.slice(-(END_BYTES + MOST_COMMENT_BYTES)));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const [size, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
    return view(file.slice(start, start + size));
  }
  return null;
};

/** @type {(file: Blob) => Promise<boolean>} */
export const isZip = async (file) => (await file.slice(0, 4).text()) === "PK\u0003\u0004";

/** @type {(archive: Blob, entries: DataView, at: number, name: string) => Promise<File>} */
const unpacked = async (archive, entries, at, name) => {
  const [method, packed, size] = [entries.getUint16(at + 10, true), entries.getUint32(at + 20, true), entries.getUint32(at + 24, true)];
  if (size > MOST_BYTES || (method !== 0 && method !== 8)) throw new Error(name);
  const start = entries.getUint32(at + 42, true);
  const local = await view(archive.slice(start, start + LOCAL_BYTES));
  const from = start + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  const data = archive.slice(from, from + packed);
  if (method === 0) return new File([data], name);
  const whole = new Response(data.stream().pipeThrough(new DecompressionStream("deflate-raw")));
  return new File([await whole.blob()], name);
};

/**
 * The files in an archive whose path is wanted; rejected where it is damaged.
 * @type {(archive: Blob, isWanted: (path: string) => boolean) => Promise<File[]>}
 */
export const filesIn = async (archive, isWanted) => {
  const entries = await directory(archive);
  if (!entries) throw new Error("no directory");
  const found = [];
  for (let at = 0; at + ENTRY_BYTES <= entries.byteLength && entries.getUint32(at, true) === ENTRY; ) {
    const [length, extra, comment] = [28, 30, 32].map((place) => entries.getUint16(at + place, true));
    const path = text(entries, at + ENTRY_BYTES, length);
    if (isWanted(path)) found.push(await unpacked(archive, entries, at, path.split("/").at(-1) ?? path));
    at += ENTRY_BYTES + length + extra + comment;
  }
  return found;
};

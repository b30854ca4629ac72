import { describe, expect, test } from "bun:test";
import { RING_PARTS } from "../../scripts/generate/man-recorder.ts";
import { Mark } from "../../src/model/recorded.ts";
import { noteIncident, noteKill } from "../../src/recorder/counts.ts";
import { noteStart } from "../../src/recorder/ring.ts";
import { PaperRing } from "../helpers/recorded.ts";

/** Where the parts begin, and how long they are, as the page says. */
const PARTS = {
  header: { from: 0, bytes: 1024 },
  hour: { from: 1024, bytes: 32 },
  rule: { from: 2560, bytes: 32 },
  row: { from: 4096, bytes: 64 },
} as const;
const BYTES = { word: 4, double: 8 } as const;
const LONG = { magic: 8, boot: 16, name: 16 } as Readonly<Record<string, number>>;

/** A reader that knows the page, and nothing of the program. */
function readBy(bytes: Uint8Array, part: keyof typeof PARTS, name: string, place = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const field = RING_PARTS[part].find((one) => one.name === name)!;
  const at = PARTS[part].from + place * PARTS[part].bytes + field.at;
  if (field.type === "bytes") {
    const text = new TextDecoder().decode(bytes.subarray(at, at + (LONG[name] ?? 0)));
    return text.replace(/\0+$/, "");
  }
  return field.type === "word" ? view.getUint32(at, true) : view.getFloat64(at, true);
}

describe("bustd-recorder(5)", () => {
  test("tells another program all that ours reads", () => {
    const paper = new PaperRing();
    noteStart(paper.ring, 4242, true);
    paper.look(500, { totalKib: 8_000_000, availableKib: 700_000 }, Mark.NEAR);
    paper.look(500, { totalKib: 8_000_000, availableKib: 600_000 }, Mark.ACTED);
    noteKill(paper.ring, "exhaustion", true, 0);
    noteKill(paper.ring, "leak", false, 77);
    noteIncident(paper.ring, 28);
    const bytes = paper.bytes();
    const ours = paper.content();
    for (const name of [
      "pid",
      "starts",
      "near",
      "wouldKill",
      "incidentsLost",
      "lostErrno",
    ] as const) {
      expect([name, readBy(bytes, "header", name)]).toEqual([name, ours[name]]);
    }
    for (const name of ["wallOffsetMs", "killWallMs", "freedKib", "lowestKib"] as const) {
      expect([name, readBy(bytes, "header", name)]).toEqual([name, ours[name]]);
    }
    expect(readBy(bytes, "header", "magic")).toBe("BUSTRING");
    expect(readBy(bytes, "header", "lookAt")).toBe(ours.lookAtMs);
    expect([0, 1].map((place) => readBy(bytes, "rule", "name", place))).toEqual([
      "exhaustion",
      "leak",
    ]);
    const place = Math.floor((ours.hours[0]?.wallMs ?? 0) / 3_600_000) % 48;
    for (const name of ["lowestKib", "near", "kills", "wouldKill"] as const) {
      expect([name, readBy(bytes, "hour", name, place)]).toEqual([name, ours.hours[0]![name]]);
    }
    const written = Number(readBy(bytes, "header", "fineWritten"));
    expect(written).toBe(2);
    for (const name of ["marks", "totalKib", "availableKib", "swapFreeKib", "someMs"] as const) {
      const told = [0, 1].map((row) => readBy(bytes, "row", name, row));
      expect([name, told]).toEqual([name, ours.looks.map((look) => look[name])]);
    }
    expect(readBy(bytes, "row", "at", 1)).toBe(ours.looks[1]!.atMs);
    expect([readBy(bytes, "row", "begin", 1), readBy(bytes, "row", "end", 1)]).toEqual([2, 2]);
  });

  test.each(Object.keys(PARTS) as (keyof typeof PARTS)[])(
    "puts no two numbers of a %s in one place",
    (part) => {
      let freeFrom = 0;
      for (const { at, name, type } of RING_PARTS[part]) {
        expect([name, at]).toEqual([name, Math.max(at, freeFrom)]);
        freeFrom = at + (type === "bytes" ? (LONG[name] ?? 0) : BYTES[type]);
      }
      expect(freeFrom).toBeLessThanOrEqual(PARTS[part].bytes);
    },
  );
});

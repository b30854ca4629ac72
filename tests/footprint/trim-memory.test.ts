import { describe, expect, test } from "bun:test";
import { trimMemory } from "../../src/footprint/trim-memory.ts";
import { Errno } from "../../src/model/errno.ts";
import { Advice } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

const PAGE = 4096;
/** The highest byte of an entry of `/proc/self/pagemap`. */
const KIND = { absent: 0, own: 0x81, file: 0xa1 } as const;

interface Part {
  readonly line: string;
  readonly pages: readonly (keyof typeof KIND)[];
}

/** Each mapping with its pages; the addresses of the lines are those of the pages. */
const PARTS: Readonly<Record<string, Part>> = {
  text: { line: "r-xp 00000000 08:01 42 /usr/bin/bustd", pages: ["file", "absent", "file"] },
  relocated: { line: "r--p 00001000 08:01 42 /usr/bin/bustd", pages: ["file", "own", "file"] },
  data: { line: "rw-p 00002000 08:01 42 /usr/bin/bustd", pages: ["file", "own", "file"] },
  shared: { line: "r--s 00000000 08:01 43 /usr/lib/locale", pages: ["file", "file"] },
  memory: { line: "rw-p 00000000 00:00 0 ", pages: ["own", "own", "absent"] },
  named: { line: "rw-p 00000000 00:00 0          [anon:engine]", pages: ["own"] },
  constant: { line: "r--p 00000000 00:00 0 ", pages: ["own"] },
  stack: { line: "rw-p 00000000 00:00 0          [stack]", pages: ["own", "own"] },
};

const addressOf = (name: string) => 0x10000 * (1 + Object.keys(PARTS).indexOf(name));

function machine(): FakeSys {
  const sys = new FakeSys();
  let maps = "";
  const pagemap = new Uint8Array((addressOf("stack") / PAGE + 16) * 8);
  for (const [name, { line, pages }] of Object.entries(PARTS)) {
    const from = addressOf(name);
    maps += `${from.toString(16)}-${(from + pages.length * PAGE).toString(16)} ${line}\n`;
    for (const [i, kind] of pages.entries()) {
      pagemap[(from / PAGE + i) * 8 + 7] = KIND[kind];
    }
  }
  sys.files.set("/proc/self/maps", maps);
  sys.files.set("/proc/self/pagemap", pagemap);
  return sys;
}

/** What was given back, as `NAME+FIRST PAGE:PAGES`. */
function dropped(sys: FakeSys): string[] {
  const wanted = new RegExp(`advise ${Advice.DONTNEED} (\\d+)\\+(\\d+)$`);
  const found = sys.calls.flatMap((call) => {
    const [, address, bytes] = wanted.exec(call) ?? [];
    const name = Object.keys(PARTS)[Math.floor(Number(address) / 0x10000) - 1] ?? "";
    const page = (Number(address) - addressOf(name)) / PAGE;
    return address === undefined ? [] : [`${name}+${page}:${Number(bytes) / PAGE}`];
  });
  return [...new Set(found)].toSorted();
}

describe("trimming gives back", () => {
  test("text as a whole, and of data what was never written", () => {
    const sys = machine();
    trimMemory(sys, () => {});
    expect(dropped(sys)).toEqual(["data+0:1", "data+2:1", "text+0:3"]);
  });

  test("and pages of memory that are blank, but never of a stack", () => {
    const sys = machine();
    sys.isBlank = ({ address }) => address !== addressOf("memory");
    trimMemory(sys, () => {});
    expect(dropped(sys)).toEqual(["data+0:1", "data+2:1", "memory+1:1", "named+0:1", "text+0:3"]);
  });

  test("nothing where the kernel does not tell pages apart", () => {
    const sys = machine();
    sys.files.set("/proc/self/pagemap", -Errno.EPERM);
    let rehearsals = 0;
    trimMemory(sys, () => rehearsals++)();
    expect(sys.calls).toEqual([]);
    expect(rehearsals).toBe(0);
  });

  test("no data while its own work still writes to pages for the first time", () => {
    const sys = machine();
    let faults = 0;
    sys.pageFaults = () => faults++;
    trimMemory(sys, () => {});
    expect(dropped(sys)).toEqual(["text+0:3"]);
  });
});

test("what marks mappings while it lasts is taken back at the end", () => {
  const sys = machine();
  const mend = trimMemory(sys, () => {});
  const marks = sys.calls.filter((call) => call.includes(`advise ${Advice.DONTDUMP} `));
  expect(marks.length).toBeGreaterThan(0);
  sys.calls.length = 0;
  mend();
  const whole = (name: string) => `${addressOf(name)}+${(PARTS[name]?.pages.length ?? 0) * PAGE}`;
  expect(sys.calls).toEqual([
    `0ms advise ${Advice.DODUMP} ${whole("text")}`,
    `0ms advise ${Advice.DODUMP} ${whole("data")}`,
  ]);
});

test("it is rehearsed with text given back, and once more when all is", () => {
  const sys = machine();
  const given: string[][] = [];
  trimMemory(sys, () => given.push(dropped(sys)));
  expect(given).toEqual([["text+0:3"], ["data+0:1", "data+2:1", "text+0:3"]]);
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Incident } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { pageOf } from "../../src/report/page.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";
import { Browser, CHROMIUM } from "../helpers/browser.ts";
import { hostileIncident } from "../helpers/hostile-incident.ts";
import { someParts } from "../helpers/recorded.ts";

const teller = {
  userOf: String,
  timeOf: (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " "),
};
const isHere = CHROMIUM !== "";
const missing = isHere ? "" : " (left out: apt-get install chromium)";

describe("the page of an incident", () => {
  test("loads nothing, runs nothing, and needs nothing else", () => {
    const page = pageOf(incidentOf(someParts()), teller);
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|https?:/);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  test("has every tag that it opens, and no other, whatever names hold", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 30 });
    const marks = fc.constantFrom("<", ">", "&", '"', "'", "<b>", "-->", "</style>", "&lt;");
    const names = fc.array(fc.oneof(texts, marks), { maxLength: 6 }).map((parts) => parts.join(""));
    const tagsOf = (page: string) => page.match(/<[^>]*?[ >]/g)?.length;
    const plain = (comm: string) => {
      const victim = aCandidate(aProcess(4242, { comm }), {
        points: [{ origin: comm, points: 9 }],
      });
      const details = [{ pid: 4242, exe: comm, cmdline: `x${comm}`, cgroup: comm }];
      const selection = aSelection([victim], { next: victim });
      return pageOf(incidentOf(someParts({ selection, details, candidates: [victim] })), teller);
    };
    // What cannot be typed has one line of advice less than a plain name, which has quotes.
    const expected = tagsOf(plain("a'b"));
    fc.assert(
      fc.property(names, (name) => {
        expect(tagsOf(plain(`'x${name}`))).toBe(expected as number);
      }),
    );
  });

  test("of one look has no curves, of no candidates no bars", () => {
    const bare = incidentOf(
      someParts({ looks: [], candidates: [], attribution: null, selection: null }),
    );
    const page = pageOf(bare, teller);
    expect(page).not.toContain("<svg");
    expect(page).not.toContain('class="bars"');
  });
});

describe.skipIf(!isHere)(`the page in a browser${missing}`, () => {
  const directory = mkdtempSync(join(tmpdir(), "bustd-page-"));
  const browser = new Browser();

  beforeAll(() => browser.start());
  afterAll(async () => {
    await browser.stop();
    rmSync(directory, { recursive: true });
  });

  const incidents: readonly (readonly [string, Incident])[] = [
    ["an ordinary one", incidentOf(someParts())],
    ["a hostile one", hostileIncident()],
    ["the kernel's", incidentOf(someParts({ kind: "kernel", selection: null, verdict: null }))],
  ];

  test.each(incidents)(
    "%s fits a screen, a phone and one sheet, and says nothing on the console",
    async (name, incident) => {
      const path = join(directory, `${name.replaceAll(/\W/g, "-")}.html`);
      writeFileSync(path, pageOf(incident, teller));
      for (const width of [1280, 390]) {
        for (const scheme of ["light", "dark"] as const) {
          await browser.open(path, width, scheme);
          expect(await browser.ask("document.documentElement.scrollWidth")).toBe(width);
          expect(await browser.ask(OVERFLOWING)).toBe("");
          expect(await browser.ask("document.scripts.length + document.images.length")).toBe(0);
          expect(await browser.ask(CONTRAST)).toBeGreaterThan(4.5);
        }
      }
      expect(await browser.sheets()).toBe(1);
      expect(browser.heard).toEqual([]);
    },
    60_000,
  );

  test("its texts can be selected, and its axes have units", async () => {
    const path = join(directory, "text.html");
    writeFileSync(path, pageOf(incidentOf(someParts()), teller));
    await browser.open(path, 1280, "light");
    await browser.ask("getSelection().selectAllChildren(document.body)");
    const text = String(await browser.ask("getSelection().toString()"));
    for (const part of ["leak (pid 4242) was killed", "-20 s", "50 %", "SIGTERM 10 %", "kill"]) {
      expect(text).toContain(part);
    }
    expect(await browser.ask("document.querySelectorAll('svg[aria-label]').length")).toBe(3);
  });
});

/** Names of elements that reach beyond the window. */
const OVERFLOWING = `[...document.querySelectorAll("body *:not(svg *)")]
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left < 0 || right > innerWidth + 0.5;
  })
  .map((element) => element.tagName + "." + element.className)
  .join(" ")`;

/** The contrast of dim text with the page, as WCAG 2 tells it. */
const CONTRAST = `(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/\\d+/g).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = (selector) => getComputedStyle(document.querySelector(selector));
  const pair = [light(style("footer").color), light(style("body").backgroundColor)];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
})()`;

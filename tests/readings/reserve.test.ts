import { expect, test } from "bun:test";
import { reserveKib } from "../../src/readings/reserve.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function zone(high: number, managed: number, protection: string): string {
  return (
    `Node 0, zone    DMA32\n  pages free     9\n        min      5\n        low      7\n` +
    `        high     ${high}\n        present  9999\n        managed  ${managed}\n` +
    `        protection: (${protection})\n      nr_free_pages 9\n` +
    `    cpu: 0\n              count: 3\n              high:  777\n`
  );
}

test("what zones keep is the high watermark, and the most that is kept from another zone", () => {
  const text = bytes(zone(100, 100_000, "0, 0, 900, 900") + zone(40, 50_000, "0, 0, 0"));
  expect(reserveKib(text, text.length, 4)).toBe((100 + 900 + 40) * 4);
});

test("no zone keeps more than it has", () => {
  const text = bytes(zone(10, 300, "0, 5000"));
  expect(reserveKib(text, text.length, 4)).toBe(300 * 4);
});

test("no text, another text and the beginning of one keep nothing", () => {
  const text = bytes(zone(10, 300, "0, 5000"));
  for (const length of [-2, 0, 30, 120]) {
    expect(reserveKib(text, length, 4)).toBe(0);
  }
});

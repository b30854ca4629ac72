import { decode } from "./text.ts";

/** Of each zone: its high watermark, its pages, and what it keeps from those of other zones. */
const HIGH = "^ +high +(?<high>\\d+)$";
const MANAGED = "^ +managed +(?<managed>\\d+)$";
const KEPT = "^ +protection: \\((?<kept>[\\d, ]*)\\)";
const ZONE = new RegExp(`${HIGH}[^]*?${MANAGED}[^]*?${KEPT}`, "gm");

/**
 * What of free memory is not to be had, KiB, by `/proc/zoneinfo`: `totalreserve_pages` of
 * calculate_totalreserve_pages() in mm/page_alloc.c. Where the text is cut, at least so much.
 */
export function reserveKib(text: Uint8Array, length: number, pageKib: number): number {
  let pages = 0;
  for (const { groups } of decode(text, Math.max(0, length)).matchAll(ZONE)) {
    const kept = Math.max(...(groups?.["kept"] ?? "").split(",").map(Number));
    pages += Math.min(Number(groups?.["managed"]), Number(groups?.["high"]) + kept);
  }
  return pages * pageKib;
}

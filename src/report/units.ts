/** Sizes, shares and spans as people read them. The log has the first four, and no more. */
import type { Witness } from "../model/verdict.ts";

/** A share, with one decimal. */
export function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** A number that a verdict rests on, or its limit: a share, or with its unit. */
export function measureText(value: number, unit: Witness["unit"]): string {
  return unit === "%" ? percent(value) : `${value.toFixed(1)} ${unit}`.trimEnd();
}

/** A size in whole MiB. */
export function mib(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}

/** A time with two decimals. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

const KIB_PER_GIB = 1024 * 1024;
/** From here on GiB are told, and not MiB. */
const LARGE_KIB = 10_000 * 1024;

/** `640 MiB`, `12.5 GiB`, `12 KiB`. */
export function sizeText(kib: number): string {
  if (kib < 1024) {
    return `${Math.round(kib)} KiB`;
  }
  return kib < LARGE_KIB ? mib(kib) : `${(kib / KIB_PER_GIB).toFixed(1)} GiB`;
}

/** The same in six columns at most: `640M`, `12.5G`. */
export function shortSize(kib: number): string {
  return kib < LARGE_KIB ? `${Math.round(kib / 1024)}M` : `${(kib / KIB_PER_GIB).toFixed(1)}G`;
}

/** `0.14 s`, `12 s`, `5 min`, `3 h`, `2 days`. */
export function spanText(ms: number): string {
  if (ms < 10_000) {
    return seconds(ms);
  }
  if (ms < 120_000) {
    return `${Math.round(ms / 1000)} s`;
  }
  const minutes = ms / 60_000;
  if (minutes < 120) {
    return `${Math.round(minutes)} min`;
  }
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** `1 process`, `3 processes`. */
export function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A share, with one decimal. */
export function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** A size in whole MiB. */
export function mib(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}

/** A time with two decimals. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** `640 MiB`, `1.5 GiB`, `12 KiB`. */
export function sizeText(kib: number): string {
  if (kib < 1024) {
    return `${Math.round(kib)} KiB`;
  }
  const mib = kib / 1024;
  return mib < 10_000 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

/** `0.14 s`, `12 s`, `5 min`, `3 h`, `2 days`. */
export function spanText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) {
    return `${seconds.toFixed(2)} s`;
  }
  if (seconds < 120) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = seconds / 60;
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

/** The same in six columns at most: `640M`, `12.5G`. */
export function shortSize(kib: number): string {
  const mib = kib / 1024;
  return mib < 10_000 ? `${Math.round(mib)}M` : `${(mib / 1024).toFixed(1)}G`;
}

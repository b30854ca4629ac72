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

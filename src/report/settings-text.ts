import type { Incident } from "../model/incident.ts";

/** A limit as it is set: a share, or an amount where only that was set. */
function valueText(percent: number, kib: number | undefined): string {
  return kib === undefined ? String(percent) : `"${Math.round(kib / 1024)}M"`;
}

/** What was in force, as a file says it: `mem = [10, 5]`, `swap = ["500M", "250M"]`. */
export function limitsText({ limits, settings }: Incident, key: "mem" | "swap"): string {
  const isMem = key === "mem";
  const soft = isMem ? limits.memSoftPercent : limits.swapSoftPercent;
  const hard = isMem ? limits.memHardPercent : limits.swapHardPercent;
  const set = settings?.[key];
  const isAmount = set?.softPercent === 100;
  const softText = valueText(soft, isAmount ? set?.softKib : undefined);
  const hardText = valueText(hard, isAmount ? set?.hardKib : undefined);
  return `${key} = [${softText}, ${hardText}]`;
}

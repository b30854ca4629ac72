import type { LimitsInForce } from "../model/incident.ts";
import { EVERY_RULE } from "../policy/rules.ts";
import type { RingContent } from "../recorder/read-ring.ts";
import type { Family } from "../report/metrics-text.ts";
import type { Status } from "../report/status-lines.ts";

const BYTES_PER_KIB = 1024;

function gauge(name: string, help: string, value: number): Family {
  return { name, type: "gauge", help, samples: [{ value }] };
}

function counter(name: string, help: string, value: number): Family {
  return { name, type: "counter", help, samples: [{ value }] };
}

/** A time that never was is left out, not shown as 1970. */
function timestamp(name: string, help: string, wallMs: number): Family {
  return { name, type: "gauge", help, samples: wallMs > 0 ? [{ value: wallMs / 1000 }] : [] };
}

function daemonFamilies(status: Status): Family[] {
  const { dryRun, startedWallMs, state, version } = status;
  const isUp = state === "running";
  return [
    gauge("bustd_up", "Whether bustd runs and looks.", isUp ? 1 : 0),
    gauge("bustd_dry_run", "Whether it runs dry and kills nobody.", isUp && dryRun ? 1 : 0),
    {
      name: "bustd_build_info",
      type: "gauge",
      help: "The version that runs, and the digest of its settings.",
      samples: version === "" ? [] : [{ labels: { version, settings: status.digest }, value: 1 }],
    },
    timestamp("bustd_start_time_seconds", "When it came up.", isUp ? startedWallMs : 0),
  ];
}

function memoryFamilies({ memory }: Status): Family[] {
  const { availableKib, availablePercent, swapFreePercent, swapTotalKib } = memory;
  return [
    gauge(
      "bustd_memory_available_ratio",
      "Available memory as a share of all that is not set aside, as the rules see it.",
      availablePercent / 100,
    ),
    gauge(
      "bustd_memory_available_bytes",
      "Available memory.",
      Math.round(availableKib * BYTES_PER_KIB),
    ),
    ...(swapTotalKib > 0
      ? [gauge("bustd_swap_free_ratio", "Free swap as a share of all.", swapFreePercent / 100)]
      : []),
  ];
}

/** A soft and a hard limit; one that is switched off is left out. */
function limitFamily(name: string, help: string, soft: number, hard: number): Family {
  const both = [
    { labels: { signal: "SIGTERM" }, value: Math.round(soft * 100) / 10_000 },
    { labels: { signal: "SIGKILL" }, value: Math.round(hard * 100) / 10_000 },
  ];
  return { name, type: "gauge", help, samples: both.filter(({ value }) => value > 0) };
}

function limitFamilies(limits: LimitsInForce | null): Family[] {
  if (limits === null) {
    return [];
  }
  const { memHardPercent, memSoftPercent, swapHardPercent, swapSoftPercent } = limits;
  return [
    limitFamily(
      "bustd_memory_available_limit_ratio",
      "Available memory at or below which it acts, if swap is as low.",
      memSoftPercent,
      memHardPercent,
    ),
    limitFamily(
      "bustd_swap_free_limit_ratio",
      "Free swap at or below which it acts, if memory is as low.",
      swapSoftPercent,
      swapHardPercent,
    ),
  ];
}

/** Also of rules that never acted: of a counter that begins with 1 no rate can be told. */
function byRule(rules: RingContent["rules"], count: "kills" | "wouldKill"): Family["samples"] {
  const names = new Set([...EVERY_RULE.map(({ name }) => name), ...rules.map(({ rule }) => rule)]);
  return [...names].map((rule) => ({
    labels: { rule },
    value: rules.find((one) => one.rule === rule)?.[count] ?? 0,
  }));
}

function ruleFamilies({ rules }: RingContent): Family[] {
  return [
    {
      name: "bustd_kills",
      type: "counter",
      help: "Kills since boot, by the rule that acted.",
      samples: byRule(rules, "kills"),
    },
    {
      name: "bustd_dry_run_kills",
      type: "counter",
      help: "Kills since boot that a dry run would have made.",
      samples: byRule(rules, "wouldKill"),
    },
  ];
}

function ringFamilies(ring: RingContent): Family[] {
  const lookWallMs = ring.lookAtMs > 0 ? ring.lookAtMs + ring.wallOffsetMs : 0;
  return [
    ...ruleFamilies(ring),
    counter(
      "bustd_freed_bytes",
      "Memory and swap that came back by kills since boot.",
      Math.round(ring.freedKib * BYTES_PER_KIB),
    ),
    counter(
      "bustd_crises_without_victim",
      "Times since boot that a rule acted and nobody could be killed.",
      ring.nobody,
    ),
    counter("bustd_near_limit", "Times since boot that memory came near its limit.", ring.near),
    counter(
      "bustd_kernel_oom_kills",
      "Kills by the kernel itself while bustd looked, since boot.",
      ring.oomKillsSeen,
    ),
    counter(
      "bustd_incidents_lost",
      "Incidents since boot that could not be written.",
      ring.incidentsLost,
    ),
    counter("bustd_starts", "Starts since boot.", ring.starts),
    timestamp("bustd_last_look_timestamp_seconds", "When it last looked.", lookWallMs),
    timestamp("bustd_last_kill_timestamp_seconds", "When it last killed.", ring.killWallMs),
    ...(ring.lowestWallMs > 0
      ? [
          gauge(
            "bustd_memory_available_lowest_bytes",
            "The least that was available since boot.",
            Math.round(ring.lowestKib * BYTES_PER_KIB),
          ),
        ]
      : []),
  ];
}

/** All metrics, from how things stand and from the flight recorder; pure. */
export function metricsOf(status: Status, ring: RingContent | null): Family[] {
  return [
    ...daemonFamilies(status),
    ...memoryFamilies(status),
    ...limitFamilies(status.limits),
    ...(ring === null ? [] : ringFamilies(ring)),
  ];
}

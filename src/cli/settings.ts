import type { Hook } from "../model/hook.ts";
import type {
  AdjPolicy,
  Condition,
  GlobPattern,
  Limits,
  RegexPattern,
  Rule,
} from "../model/options.ts";

/** What flags and files can say, under the names the files use. */
export interface Settings {
  readonly daemon: boolean;
  readonly verbose: boolean;
  readonly hourly: boolean;
  readonly "dry-run": boolean;
  readonly "kill-pgroup": boolean;
  readonly psi: number;
  readonly mem: Limits;
  readonly "mem-size": Limits | null;
  readonly swap: Limits;
  readonly "swap-size": Limits | null;
  /** Milliseconds. */
  readonly "kill-after": number;
  readonly when: readonly Condition[] | null;
  readonly unkillables: readonly GlobPattern[];
  readonly prefer: RegexPattern | null;
  readonly avoid: RegexPattern | null;
  readonly ignore: RegexPattern | null;
  readonly "ignore-root-user": boolean;
  readonly "sort-by-rss": boolean;
  readonly "oom-score-adj": AdjPolicy;
  readonly "default-rules": boolean;
  readonly trim: boolean;
  /** Warn before a kill. */
  readonly warn: boolean;
  /** Run `announce` after a kill also where there are no hooks, and no systemd that does it. */
  readonly announce: boolean;
  readonly "keep-cmdline": boolean;
  readonly rule: readonly Rule[];
  /** What `announce` runs; the daemon has no use for it. */
  readonly hook: readonly Hook[];
}

/** What holds where nobody says otherwise. */
export const DEFAULTS: Settings = {
  daemon: true,
  verbose: false,
  hourly: false,
  "dry-run": false,
  "kill-pgroup": false,
  psi: 25,
  mem: { softPercent: 10, hardPercent: 5 },
  "mem-size": null,
  swap: { softPercent: 10, hardPercent: 5 },
  "swap-size": null,
  "kill-after": 500,
  when: null,
  unkillables: [],
  prefer: null,
  avoid: null,
  ignore: null,
  "ignore-root-user": false,
  "sort-by-rss": false,
  "oom-score-adj": "respect",
  "default-rules": true,
  trim: true,
  warn: false,
  announce: false,
  "keep-cmdline": false,
  rule: [],
  hook: [],
};

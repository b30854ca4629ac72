import * as v from "valibot";
import { type Standing, STANDING_VERSION } from "../model/standing.ts";
import { machineSchema, settingsSchema } from "./incident-schema.ts";
import { readTrusted } from "./trusted-file.ts";

const LARGEST_FILE = 256 * 1024;

const schema = v.object({
  version: v.literal(STANDING_VERSION),
  bustd: v.object({
    version: v.pipe(v.string(), v.maxLength(64)),
    pid: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31)),
    digest: v.pipe(v.string(), v.maxLength(64)),
  }),
  startedWallMs: v.pipe(v.number(), v.minValue(0), v.maxValue(253_402_300_799_999)),
  startedAtMs: v.pipe(v.number(), v.finite()),
  dryRun: v.boolean(),
  settings: settingsSchema,
  when: v.array(v.string()),
  ruleCount: v.pipe(v.number(), v.finite()),
  argv: v.array(v.string()),
  machine: machineSchema,
});

/** What a daemon said of itself when it came up, or why it is not known. */
export type StandingRead = { readonly standing: Standing } | { readonly problem: string };

/** Reads what the daemon wrote to this path; null when it never ran. */
export function readStanding(path: string): StandingRead | null {
  const file = readTrusted(path, LARGEST_FILE);
  if (file.kind !== "found") {
    return file.kind === "missing" ? null : { problem: `${path}: ${file.reason}` };
  }
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(file.bytes));
    const parsed = v.safeParse(schema, document);
    return parsed.success
      ? { standing: parsed.output }
      : { problem: `${path}: it is garbled, or of another version of bustd` };
  } catch {
    return { problem: `${path}: it is cut short, or not JSON` };
  }
}

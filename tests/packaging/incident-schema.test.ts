import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Incident } from "../../src/model/incident.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { Signal } from "../../src/sys/sys.ts";
import { hostileIncident } from "../helpers/hostile-incident.ts";
import { incidentsIn, machineThat } from "../helpers/incidents-of.ts";
import { someParts } from "../helpers/recorded.ts";
import { watch } from "../helpers/watch.ts";

const FILE = join(import.meta.dir, "../../packaging/incident.schema.json");

/** As much of JSON Schema as that file uses. */
interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

const typeOf = (value: unknown) =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

function objectProblems(value: object, schema: Schema, path: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value));
  const members = Object.entries(value).flatMap(([name, item]) => {
    const named = schema.properties?.[name];
    const where = `${path}.${name}`;
    return named === undefined ? [`${where} is not told of`] : problemsOf(item, named, where);
  });
  return [...missing.map((name) => `${path}.${name} is missing`), ...members];
}

function limitProblems(value: unknown, schema: Schema): string[] {
  const { maximum = Infinity, maxItems = Infinity, maxLength = Infinity } = schema;
  const { minimum = -Infinity } = schema;
  const limits: readonly [boolean, string][] = [
    [schema.type === undefined || schema.type === typeOf(value), `is no ${schema.type}`],
    [schema.enum?.includes(value) ?? true, `is ${String(value)}`],
    [schema.const === undefined || schema.const === value, `is ${String(value)}`],
    [typeof value !== "number" || (value >= minimum && value <= maximum), "is out of range"],
    [typeof value !== "string" || value.length <= maxLength, "is too long"],
    [!Array.isArray(value) || value.length <= maxItems, "has too many"],
  ];
  return limits.filter(([holds]) => !holds).map(([, what]) => what);
}

/** Where a document is otherwise than the schema says, or has what it does not tell of. */
function problemsOf(value: unknown, schema: Schema, path = ""): string[] {
  if (schema.anyOf !== undefined) {
    const all = schema.anyOf.map((one) => problemsOf(value, one, path));
    return all.some((problems) => problems.length === 0) ? [] : (all.at(-1) ?? []);
  }
  const own = limitProblems(value, schema).map((what) => `${path} ${what}`);
  if (Array.isArray(value)) {
    const items = schema.items ?? {};
    return [...own, ...value.flatMap((item, i) => problemsOf(item, items, `${path}[${i}]`))];
  }
  return typeof value === "object" && value !== null
    ? [...own, ...objectProblems(value, schema, path)]
    : own;
}

/** What a daemon writes, in a dry run or not, of a kill and of what it was asked. */
function written(options: Parameters<typeof watch>[2]): Incident[] {
  const sys = machineThat(3_000);
  sys.at(9_000, Signal.SIGUSR1);
  watch(sys, 20_000, options, { places: SYSTEM_PLACES });
  return incidentsIn(sys);
}

describe("packaging/incident.schema.json", () => {
  const schema = JSON.parse(readFileSync(FILE, "utf8")) as Schema;
  const limits = { softPercent: 100, hardPercent: 50, softKib: 9, hardKib: 4 };
  const kernel = { kills: 1, victims: [{ pid: 1, comm: "a", uid: 0, rssKib: 1, cgroup: "/a" }] };
  const documents: readonly (readonly [string, readonly Incident[]])[] = [
    ["a kill, and the state that was asked for", written({ keepCmdline: true })],
    ["a dry run", written({ dryRun: true, mem: limits })],
    ["all that may be told", [incidentOf(someParts())]],
    ["what the kernel did", [incidentOf(someParts({ kind: "kernel", verdict: null, kernel }))]],
    ["what is as large as can be", [hostileIncident()]],
  ];

  test.each(documents)("tells of all that is written of %s", (_what, incidents) => {
    expect(incidents.length).toBeGreaterThan(0);
    for (const incident of incidents) {
      const document: unknown = JSON.parse(JSON.stringify(incident));
      expect(problemsOf(document, schema)).toEqual([]);
    }
  });

  test("is not content with anything", () => {
    const incident = incidentOf(someParts());
    expect(problemsOf({ ...incident, kind: "other" }, schema)).toEqual([".kind is other"]);
    expect(problemsOf({ ...incident, more: 1 }, schema)).toEqual([".more is not told of"]);
    const { looks: _, ...others } = incident;
    expect(problemsOf(others, schema)).toEqual([".looks is missing"]);
  });

  test("has room for incidents of older daemons, which tell of no settings", () => {
    const { settings: _, ...older } = incidentOf(someParts());
    expect(problemsOf(older, schema)).toEqual([]);
  });
});

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aCandidate, anExhaustion, aProcess, aSelection } from "../helpers/nouns.ts";
import { say } from "../helpers/say.ts";

const TOP = join(import.meta.dir, "../..");
const NAMES = ["verify", "release"] as const;
const text = (name: string) => readFileSync(join(TOP, `.github/workflows/${name}.yml`), "utf8");

test("actions are pinned by hash", () => {
  for (const name of NAMES) {
    const uses = [...text(name).matchAll(/uses: (\S+)/g)];
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.map(([, action = ""]) => action.replace(/@[0-9a-f]{40}$/, "@"))).toEqual(
      uses.map(([, action = ""]) => `${action.split("@")[0]}@`),
    );
  }
});

test("workflows may only read, but for the job that publishes", () => {
  for (const name of NAMES) {
    const { jobs, permissions } = Bun.YAML.parse(text(name)) as {
      readonly permissions: unknown;
      readonly jobs: Readonly<Record<string, { readonly permissions: object }>>;
    };
    expect(permissions).toEqual({});
    const rights = Object.entries(jobs).flatMap(([job, { permissions: asked }]) =>
      Object.entries(asked).map(([what, right]) => `${job}: ${what} ${right}`),
    );
    const writing = rights.filter((right) => !right.endsWith("contents read"));
    expect(writing).toEqual(
      name === "verify"
        ? []
        : ["publish: contents write", "publish: id-token write", "publish: attestations write"],
    );
  }
});

test("nothing installs by another list than package-lock.json", () => {
  const files = [".ci/run", ...NAMES.map((name) => `.github/workflows/${name}.yml`)];
  for (const path of files) {
    const said = readFileSync(join(TOP, path), "utf8");
    expect([path, said.includes("npm ci"), said.includes("npm install")]).toEqual([
      path,
      true,
      false,
    ]);
  }
});

test("a release looks for the words that the log has", () => {
  const [, sought = ""] = /grep "([^"]+)" log/.exec(text("release")) ?? [];
  const tail = aCandidate(aProcess(42, { comm: "tail" }));
  const verdict = anExhaustion();
  const said = say({ kind: "killing", dryRun: true, selection: aSelection([tail]), verdict });
  expect([sought.length > 20, said]).toEqual([true, expect.stringContaining(sought)]);
});

test("updates of all that is pinned are watched", () => {
  const { updates } = Bun.YAML.parse(readFileSync(join(TOP, ".github/dependabot.yml"), "utf8")) as {
    readonly updates: readonly { readonly "package-ecosystem": string }[];
  };
  expect(updates.map((update) => update["package-ecosystem"])).toEqual(["npm", "github-actions"]);
});

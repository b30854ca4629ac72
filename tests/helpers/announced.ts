import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Incident, IncidentParts } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { writeIncident } from "../../src/recorder/incidents.ts";
import { linux } from "../../src/sys/linux.ts";
import { aCandidate, aProcess, aSelection } from "./nouns.ts";
import { someParts } from "./recorded.ts";

export const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");

/** A kill of one process a moment ago; small. */
export function aKill(changes: Partial<IncidentParts> = {}, pid = 4242, comm = "leak", uid = 1000) {
  const victim = aCandidate(aProcess(pid, { comm, uid }));
  return incidentOf(
    someParts({
      wallMs: Date.now(),
      selection: aSelection([victim]),
      candidates: [victim],
      details: [],
      looks: [],
      ...changes,
    }),
  );
}

/** A directory with incidents, and hooks that write down what they were given. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), "bustd-announce-"));
  readonly incidents = join(this.directory, "incidents");
  readonly config = join(this.directory, "bustd.toml");
  readonly notices = join(this.directory, "notices");

  constructor() {
    mkdirSync(this.incidents);
    chmodSync(this.directory, 0o755);
  }

  write(...incidents: readonly Incident[]): void {
    for (const incident of incidents) {
      writeIncident(linux, this.incidents, incident, null);
    }
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A shell script; its path. */
  script(name: string, text: string): string {
    writeFileSync(this.path(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    chmodSync(this.path(name), 0o755);
    return this.path(name);
  }

  configure(...hooks: readonly string[]): void {
    writeFileSync(this.config, hooks.map((hook) => `[[hook]]\n${hook}\n`).join(""));
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  get command(): readonly string[] {
    return [EXECUTABLE, "announce", "--directory", this.directory, "--config", this.config];
  }

  announce() {
    const { exitCode, stderr } = Bun.spawnSync([...this.command], { stdout: "ignore" });
    return { exitCode, complained: stderr.toString() };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Incident } from "../../src/model/incident.ts";
import { WARNING_BYTES } from "../../src/model/warned.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { writeIncident } from "../../src/recorder/incidents.ts";
import { linux } from "../../src/sys/linux.ts";
import { aCandidate, anExhaustion, aProcess, aSelection } from "./nouns.ts";
import { someParts } from "./recorded.ts";

export const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
export const isBuilt = existsSync(EXECUTABLE);

const OWN_UID = process.geteuid?.() ?? 0;

/** An incident of just now, in which one process of this user's was killed. */
export function aKill(comm: string, agoMs = 0): Incident {
  const incident = incidentOf({ ...someParts(), wallMs: Date.now() - agoMs });
  const { selection } = incident;
  const victims = selection?.victims.map((victim) => ({ ...victim, comm, uid: OWN_UID })) ?? [];
  return selection === null ? incident : { ...incident, selection: { ...selection, victims } };
}

/** A warning of just now that names a process of this user's, by a daemon with this pid. */
export function aWarning(
  { pid, startMs }: { readonly pid: number; readonly startMs: number },
  { agoMs = 0, daemon = 1, uid = OWN_UID } = {},
): Incident {
  const process = aProcess(pid, { comm: "hog", startMs, uid });
  const victim = aCandidate(process, { tookKib: 50 * 1024 });
  const because = "memory will be at its limit in about 40 s at this rate";
  const incident = incidentOf({
    ...someParts(),
    kind: "warned",
    wallMs: Date.now() - agoMs,
    verdict: anExhaustion({ rule: "forecast", because, witnesses: [] }),
    selection: aSelection([victim]),
    candidates: [victim],
    details: [],
    outcome: null,
    looks: [],
  });
  return { ...incident, bustd: { ...incident.bustd, pid: daemon } };
}

/** A user's session: directories, and an opener that writes down what it was to open. */
export class PaperSession {
  readonly directory = mkdtempSync(join(tmpdir(), "bustd-desk-"));
  readonly bus = join(this.directory, "run/bus");
  readonly notices = join(this.directory, `daemon/notices/${OWN_UID}.json`);
  readonly bookmark = join(this.directory, "state/bustd/notified");
  readonly report = join(this.directory, "run/bustd/report.html");
  readonly opened = join(this.directory, "opened");

  constructor() {
    for (const name of ["run", "state", "daemon/notices", "bin"]) {
      mkdirSync(join(this.directory, name), { recursive: true, mode: 0o700 });
    }
    const opener = join(this.directory, "bin/xdg-open");
    writeFileSync(opener, `#!/bin/sh\necho "$# $1 $XDG_ACTIVATION_TOKEN" >'${this.opened}'\n`);
    chmodSync(opener, 0o755);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }

  /** Leaves a notice of these kills, as the system's daemon does. */
  notice(incidents: readonly Incident[], text?: string): void {
    linux.replaceFile(this.notices, text ?? JSON.stringify({ version: 1, incidents }), 0o400);
  }

  /** Leaves an incident, as the user's own daemon does. */
  incident(incident: Incident): void {
    writeIncident(linux, join(this.directory, "daemon/incidents"), incident, null);
  }

  /** Leaves a warning, as the user's own daemon does. */
  warning(incident: Incident): void {
    const text = JSON.stringify(incident);
    const blanks = " ".repeat(WARNING_BYTES - Buffer.byteLength(text));
    linux.replaceFile(join(this.directory, "daemon/warned.json"), text + blanks, 0o640);
  }

  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      PATH: `${this.directory}/bin:${process.env["PATH"]}`,
      HOME: this.directory,
      XDG_RUNTIME_DIR: join(this.directory, "run"),
      XDG_STATE_HOME: join(this.directory, "state"),
      ...more,
    };
  }

  /** Starts `bustd notify`; what it said and answered, and how long it took. */
  async notify(words: readonly string[] = [], more: Readonly<Record<string, string>> = {}) {
    const beganMs = performance.now();
    await using child = this.start(words, more);
    const exitCode = await child.exited;
    const said = await new Response(child.stderr).text();
    return { exitCode, said, tookMs: performance.now() - beganMs };
  }

  start(words: readonly string[] = [], more: Readonly<Record<string, string>> = {}) {
    const command = [EXECUTABLE, "notify", "-D", join(this.directory, "daemon"), ...words];
    return Bun.spawn(command, { env: this.env(more), stdio: ["ignore", "inherit", "pipe"] });
  }
}

import type { Daemon } from "../daemon-state.ts";
import type { Event } from "../model/event.ts";
import type { Incident, MachineFacts } from "../model/incident.ts";
import { usableKib } from "../model/reading.ts";
import { WARNING_BYTES } from "../model/warned.ts";
import type { Acting } from "../model/verdict.ts";
import { incidentOf } from "../recorder/incident.ts";
import {
  digestOf,
  limitsInForce,
  readMachineFacts,
  settingsInForce,
} from "../recorder/standing.ts";
import { warningText } from "../report/warning-text.ts";

/** Its owner, and the service that runs hooks. */
const FILE_MODE = 0o640;
/** Of a group as many are named as a person reads. */
const NAMED = 5;

/**
 * The last warning, as an incident in a file of a fixed size. The file lies in memory, is written
 * once when the daemon starts, and is locked: to write it anew takes no memory and no disk, at a
 * time when there is too little of either.
 */
export class WarningFile {
  #path = "";
  #machine: MachineFacts | null = null;

  /** Makes the file, when memory is plenty; a warning that is there stays. */
  prepare({ inheritance, sys }: Daemon): void {
    if (this.#machine !== null) {
      return;
    }
    this.#machine = readMachineFacts(sys);
    if (inheritance.places === null) {
      return;
    }
    const path = inheritance.places.warned;
    if (sys.readFile(path) !== WARNING_BYTES) {
      sys.replaceFile(path, " ".repeat(WARNING_BYTES), FILE_MODE);
    }
    this.#path = typeof sys.mapFile(path, WARNING_BYTES) === "number" ? "" : path;
  }

  /** Writes a warning over the one before. */
  write(daemon: Daemon, event: Extract<Event, { kind: "warned" }>): void {
    if (this.#machine === null || this.#path === "") {
      return;
    }
    const encoder = new TextEncoder();
    const document = documentOf(daemon, event, this.#machine);
    const text = [NAMED, 1]
      .map((count) => JSON.stringify(shortened(document, count)))
      .find((item) => encoder.encode(item).length < WARNING_BYTES);
    if (text !== undefined) {
      const blanks = WARNING_BYTES - encoder.encode(text).length;
      daemon.sys.writeFile(this.#path, text + " ".repeat(blanks));
    }
  }
}

function documentOf(
  { options, reading, recorder, sys }: Daemon,
  event: Extract<Event, { kind: "warned" }>,
  machine: MachineFacts,
): Incident {
  const { selection } = event;
  const verdict: Acting = {
    kind: "act",
    rule: event.isFar ? "forecast" : "leak",
    because: warningText(event),
    urgency: "term",
    witnesses: [],
  };
  return incidentOf({
    kind: "warned",
    atMs: sys.nowMs(),
    wallMs: sys.wallMs(),
    bustd: { version: recorder?.version ?? "", pid: sys.ownPid(), digest: digestOf(options) },
    machine,
    limits: limitsInForce(options, { ...machine, usableKib: usableKib(reading) }),
    settings: settingsInForce(options),
    verdict,
    selection: { ...selection, next: null, spared: [] },
    candidates: [],
    details: [],
    outcome: null,
    reliefMs: -1,
    freedKib: 0,
    availablePercent: 0,
    attribution: null,
    kernel: null,
    looks: [],
  });
}

function shortened(document: Incident, count: number): Incident {
  const { selection } = document;
  return selection === null
    ? document
    : { ...document, selection: { ...selection, victims: selection.victims.slice(0, count) } };
}

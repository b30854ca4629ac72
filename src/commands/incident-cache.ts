import { statSync } from "node:fs";
import type { Incident } from "../model/incident.ts";
import { listIncidents, readIncidentFile } from "./incident-store.ts";

interface Known {
  readonly stamp: string;
  /** Or why it cannot be had. */
  readonly incident: Incident | string;
}

/** The incidents of a directory that is looked at again and again. */
export class IncidentCache {
  readonly #directory: string;
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * All of them as they are now, the oldest first. A file that cannot be read, or is garbled, is
   * told of once, in a sentence.
   */
  read(tell: (problem: string) => void): readonly Incident[] {
    const names = listIncidents(this.#directory);
    if (typeof names === "string") {
      tell(names);
      return [];
    }
    this.#known = new Map(names.map((name) => [name, this.#readOne(name, tell)]));
    return [...this.#known.values()].flatMap(({ incident }) =>
      typeof incident === "string" ? [] : [incident],
    );
  }

  #readOne(name: string, tell: (problem: string) => void): Known {
    const path = `${this.#directory}/${name}`;
    const { ino, mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
    const stamp = `${ino}:${mtimeMs}:${size}`;
    const before = this.#known.get(name);
    if (before?.stamp === stamp) {
      return before;
    }
    const read = readIncidentFile(path);
    const isOther = typeof read !== "string" && `${read.id}.json` !== name;
    const incident = isOther ? `${path}: it is garbled at id` : read;
    if (typeof incident === "string") {
      tell(incident);
    }
    return { stamp, incident };
  }
}

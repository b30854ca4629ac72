import { readdirSync } from "node:fs";
import type { Incident } from "../model/incident.ts";
import { errnoSentence } from "../model/errno.ts";
import { isIncidentName, MAX_INCIDENTS } from "../recorder/incidents.ts";
import { readIncident } from "./read-incident.ts";
import { readTrusted } from "./trusted-file.ts";

/** Larger than any that is written. */
const LARGEST_FILE = 1024 * 1024;

export interface Found {
  /** The oldest first. */
  readonly incidents: readonly Incident[];
  /** Files that could not be read, each in a sentence. */
  readonly problems: readonly string[];
}

/** One incident's file, or a sentence. */
export function readIncidentFile(path: string): Incident | string {
  const file = readTrusted(path, LARGEST_FILE);
  if (file.kind !== "found") {
    return `${path}: ${file.kind === "missing" ? "there is no such file" : file.reason}`;
  }
  const read = readIncident(new TextDecoder().decode(file.bytes));
  return "problem" in read ? `${path}: ${read.problem}` : read.incident;
}

/** The names of the files of incidents, the oldest first, or a sentence; none is no problem. */
export function listIncidents(directory: string): readonly string[] | string {
  try {
    // No more than are ever written: somebody else may have put others beside them.
    return readdirSync(directory)
      .filter(isIncidentName)
      .toSorted()
      .slice(-2 * MAX_INCIDENTS);
  } catch (error) {
    const { code = "", errno = 0 } = error as NodeJS.ErrnoException;
    const advice = code === "EACCES" ? "; run this as root" : "";
    return code === "ENOENT" ? [] : `${directory}: ${errnoSentence(Math.abs(errno))}${advice}`;
  }
}

/** All incidents of a directory. */
export function readIncidents(directory: string): Found {
  const names = listIncidents(directory);
  if (typeof names === "string") {
    return { incidents: [], problems: [names] };
  }
  const read = names.map((name) => readIncidentFile(`${directory}/${name}`));
  return {
    incidents: read.filter((item) => typeof item !== "string"),
    problems: read.filter((item) => typeof item === "string"),
  };
}

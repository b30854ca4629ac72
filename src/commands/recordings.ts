import { closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import { readRecording, type Recording } from "../replay/recording.ts";
import { recordingOf } from "../replay/of-incident.ts";
import { readTrusted } from "./trusted-file.ts";
import { findIncidents } from "./incidents.ts";
import type { Incident } from "../model/incident.ts";
import type { Asked } from "./asked.ts";

/** Larger than any that is written. */
const LARGEST_FILE = 520 * 1024 * 1024;
const BEGINNING = '{"bustd":"recording"';

/** Whether a file begins as recordings do. */
function isRecording(path: string): boolean {
  const buffer = Buffer.alloc(BEGINNING.length);
  let fd = -1;
  try {
    // Nor does it wait for somebody who writes into a pipe.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    readSync(fd, buffer, 0, buffer.length, 0);
  } catch {
    return false;
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
  return buffer.toString("latin1") === BEGINNING;
}

/** A recording's file, or a sentence that says why it cannot be read. */
export function readRecordingFile(path: string): Recording | string {
  const file = readTrusted(path, LARGEST_FILE);
  if (file.kind !== "found") {
    return `${path}: ${file.kind === "missing" ? "there is no such file" : file.reason}`;
  }
  const recording = readRecording(new TextDecoder().decode(file.bytes));
  return typeof recording === "string" ? `${path}: ${recording}` : recording;
}

/** A recording, and the incident that it was made of, or null. */
interface FoundRecording {
  readonly recording: Recording;
  readonly incident: Incident | null;
}

/**
 * What a word means: a recording's file, or an incident; or why it cannot be read, as a sentence,
 * null when that was complained of.
 */
export function findRecording(word: string, asked: Asked): FoundRecording | string | null {
  if (word.endsWith(".jsonl") || (existsSync(word) && isRecording(word))) {
    const recording = readRecordingFile(word);
    return typeof recording === "string" ? recording : { recording, incident: null };
  }
  const [incident] = findIncidents(asked, { ...asked.query, word, newestOnly: true });
  if (incident === undefined) {
    return null;
  }
  const recording = recordingOf(incident);
  return typeof recording === "string" ? recording : { recording, incident };
}

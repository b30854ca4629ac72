import type { Incident } from "../model/incident.ts";
import { WARNING_BYTES } from "../model/warned.ts";
import { incidentIn } from "./read-incident.ts";
import type { TrustedFile } from "./trusted-file.ts";

/** The last warning of a daemon; null where there is none yet, or why it cannot be read. */
export function readWarning(
  path: string,
  readFile: (path: string, maxBytes: number) => TrustedFile,
): Incident | string | null {
  const file = readFile(path, WARNING_BYTES);
  if (file.kind !== "found") {
    return file.kind === "missing" ? null : `${path}: ${file.reason}`;
  }
  const text = new TextDecoder().decode(file.bytes).trim();
  if (text === "") {
    return null;
  }
  try {
    const read = incidentIn(JSON.parse(text));
    return "incident" in read ? read.incident : `${path}: ${read.problem}`;
  } catch {
    // It is being written just now.
    return `${path}: it is no JSON`;
  }
}

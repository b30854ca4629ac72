import * as v from "valibot";
import { type Incident, INCIDENT_VERSION } from "../model/incident.ts";
import { incidentSchema } from "./incident-schema.ts";

/** A document, or why it is none, as the end of a sentence; never throws. */
export type IncidentRead = { readonly incident: Incident } | { readonly problem: string };

/** Reads the text of an incident's file. */
export function readIncident(content: string): IncidentRead {
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch {
    return { problem: content.trim() === "" ? "it is empty" : "it is cut short, or not JSON" };
  }
  return incidentIn(document);
}

/** The same of what was read from JSON already. */
export function incidentIn(document: unknown): IncidentRead {
  if (typeof document !== "object" || document === null || !("version" in document)) {
    return { problem: "it is no incident" };
  }
  const { version } = document;
  if (typeof version === "number" && version !== INCIDENT_VERSION) {
    return { problem: `it has format ${version}, and this bustd reads format ${INCIDENT_VERSION}` };
  }
  const parsed = v.safeParse(incidentSchema, document, { abortEarly: true });
  if (parsed.success) {
    return { incident: parsed.output };
  }
  const path = v.getDotPath(parsed.issues[0]) ?? "";
  return { problem: path === "" ? "it is no incident" : `it is garbled at ${path}` };
}

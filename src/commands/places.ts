import { existsSync } from "node:fs";
import { type Places, placesBelow, SYSTEM_PLACES, userPlaces } from "../model/places.ts";

/**
 * Whose files to read: those of the directory that was asked for, else of the user's own daemon
 * where one has run in this session, else of the system's.
 */
export function readPlaces(directory: string | null): Places {
  if (directory !== null) {
    return placesBelow(directory, directory);
  }
  const own = process.geteuid?.() === 0 ? null : userPlaces(process.env);
  return own !== null && existsSync(own.ring) ? own : SYSTEM_PLACES;
}

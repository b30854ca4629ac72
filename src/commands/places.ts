import { existsSync } from "node:fs";
import { dirname } from "node:path";
import {
  type Places,
  placesBelow,
  SYSTEM_NOTICES,
  SYSTEM_PLACES,
  userPlaces,
} from "../model/places.ts";

/**
 * Where users find their notices. Not below the daemon's own runtime directory: systemd hides that
 * from all others, as that of a DynamicUser= which outlives it; systemd.exec(5).
 */
export function noticesOf(directory: string | null): string {
  const { ring } = readPlaces(directory);
  return ring === SYSTEM_PLACES.ring ? SYSTEM_NOTICES : `${dirname(ring)}/notices`;
}

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

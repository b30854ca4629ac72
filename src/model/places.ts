/** Where a daemon leaves what outlives it. */
export interface Places {
  /** The flight recorder. */
  readonly ring: string;
  /** What the running daemon says of itself. */
  readonly standing: string;
  /** The last warning before a kill, of a daemon that warns. */
  readonly warned: string;
  /** The directory of incidents. */
  readonly incidents: string;
}

/** Where each user finds what was killed of theirs: `UID.json`, which nobody else may read. */
export const SYSTEM_NOTICES = "/run/bustd-notices";

/** The files below a runtime directory and a state directory. */
export function placesBelow(runtimeDirectory: string, stateDirectory: string): Places {
  return {
    ring: `${runtimeDirectory}/ring`,
    standing: `${runtimeDirectory}/daemon.json`,
    warned: `${runtimeDirectory}/warned.json`,
    incidents: `${stateDirectory}/incidents`,
  };
}

const SYSTEM_RUNTIME = "/run/bustd";

/** The system's daemon; systemd's RuntimeDirectory= and StateDirectory= of that name. */
export const SYSTEM_PLACES = placesBelow(SYSTEM_RUNTIME, "/var/lib/bustd");

/**
 * A user's own daemon, by the environment; null where there is no directory that goes with the
 * session. XDG Base Directory Specification.
 */
export function userPlaces(env: Readonly<Record<string, string | undefined>>): Places | null {
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const home = env["HOME"] ?? "";
  const state = env["XDG_STATE_HOME"] ?? (home === "" ? "" : `${home}/.local/state`);
  return runtime.startsWith("/") && state.startsWith("/")
    ? placesBelow(`${runtime}/bustd`, `${state}/bustd`)
    : null;
}

/**
 * Where a daemon leaves what outlives it: the system's is root, or a service to which systemd gave
 * the directory; systemd.exec(5).
 */
export function placesOf(
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): Places | null {
  return isRoot || env["RUNTIME_DIRECTORY"] === SYSTEM_RUNTIME ? SYSTEM_PLACES : userPlaces(env);
}

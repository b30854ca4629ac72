/** A socket of a message bus, as Node takes it: `\0` stands before an abstract name. */
function socketOf(address: string): string | null {
  const [transport, list = ""] = address.split(":", 2);
  if (transport !== "unix") {
    return null;
  }
  for (const pair of list.split(",")) {
    const [key, value = ""] = pair.split("=", 2);
    try {
      if (key === "path" && value !== "") {
        return decodeURIComponent(value);
      }
      if (key === "abstract" && value !== "") {
        return `\0${decodeURIComponent(value)}`;
      }
    } catch {
      return null;
    }
  }
  return null;
}

/**
 * The sockets of the session bus, to be tried in order: those of the environment, or else the one
 * in the runtime directory; D-Bus Specification, "Server Addresses" and systemd's user manager.
 */
export function sessionSockets(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const given = env["DBUS_SESSION_BUS_ADDRESS"] ?? "";
  if (given !== "") {
    return given.split(";").flatMap((address) => socketOf(address) ?? []);
  }
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  return runtime.startsWith("/") ? [`${runtime}/bus`] : [];
}

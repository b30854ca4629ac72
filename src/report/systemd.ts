import type { Sys } from "../sys/sys.ts";

/** Tells systemd something, where it listens; sd_notify(3). */
export function notify(sys: Sys, socket: string, state: string): void {
  if (socket !== "") {
    sys.sendDatagram(socket, state);
  }
}

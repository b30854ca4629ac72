import { expect, test } from "bun:test";
import { sessionSockets } from "../../src/desktop/address.ts";

const ROWS: readonly (readonly [string, readonly string[]])[] = [
  ["unix:path=/run/user/1000/bus", ["/run/user/1000/bus"]],
  ["unix:path=/tmp/a%20b,guid=0123", ["/tmp/a b"]],
  ["unix:abstract=/tmp/dbus-x,guid=0123", ["\0/tmp/dbus-x"]],
  ["tcp:host=there,port=1;unix:path=/b", ["/b"]],
  ["unix:path=/a;unix:path=/b", ["/a", "/b"]],
  ["unix:path=%zz", []],
  ["unix:runtime=yes", []],
  ["autolaunch:", []],
];

test.each(ROWS)("%s", (address, sockets) => {
  expect(sessionSockets({ DBUS_SESSION_BUS_ADDRESS: address })).toEqual(sockets);
});

test("without an address it is the one in the runtime directory, if there is one", () => {
  expect(sessionSockets({ XDG_RUNTIME_DIR: "/run/user/5" })).toEqual(["/run/user/5/bus"]);
  expect(sessionSockets({ XDG_RUNTIME_DIR: "there" })).toEqual([]);
  expect(sessionSockets({})).toEqual([]);
});

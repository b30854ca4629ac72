import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cgroupDirectory, cgroupOf, managedPreference } from "../../src/readings/cgroup.ts";
import { Errno } from "../../src/model/errno.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

describe("cgroupOf", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["0::/user.slice/user-1000.slice/app.scope\n", "/user.slice/user-1000.slice/app.scope"],
    ["0::/\n", "/"],
    ["12:memory:/old\n1:name=systemd:/x\n0::/new\n", "/new"],
    ["0::/a:b c\n", "/a:b c"],
    ["12:memory:/only/the/old/kind\n", ""],
    ["10::/no\n", ""],
    ["", ""],
    ["\0\0\0", ""],
  ];
  test.each(rows)("%j", (content, expected) => {
    const sys = new FakeSys().add({ pid: 42 });
    sys.files.set("/proc/42/cgroup", content);
    expect(cgroupOf(sys, 42)).toBe(expected);
  });

  test("of a process that is gone", () => expect(cgroupOf(new FakeSys(), 42)).toBe(""));

  test("of anything", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const sys = new FakeSys().add({ pid: 42 });
        sys.files.set("/proc/42/cgroup", bytes);
        expect(typeof cgroupOf(sys, 42)).toBe("string");
      }),
    );
  });
});

describe("managedPreference", () => {
  const PATH = "/user.slice/app.scope";
  const DIRECTORY = cgroupDirectory(PATH);

  function preference(attributes: readonly string[], owner: number, uid: number): string {
    const sys = new FakeSys();
    sys.ownUid = () => uid;
    for (const attribute of attributes) {
      const [name = "", value = ""] = attribute.split("=");
      sys.attributes.set(`${DIRECTORY} user.oomd_${name}`, value);
    }
    sys.owners.set(DIRECTORY, owner);
    return managedPreference(sys, PATH);
  }

  const rows: readonly (readonly [string, readonly string[], number, number, string])[] = [
    ["nothing set", [], 0, 0, "none"],
    ["avoid by root", ["avoid=1"], 0, 0, "avoid"],
    ["omit by root", ["omit=1"], 0, 0, "omit"],
    ["omit beats avoid", ["avoid=1", "omit=1"], 0, 0, "omit"],
    ["switched off", ["omit=0"], 0, 0, "none"],
    ["empty", ["omit="], 0, 0, "none"],
    ["by the user whose daemon it is", ["omit=1"], 1000, 1000, "omit"],
    ["by a user, where the daemon is root's", ["omit=1"], 1000, 0, "none"],
    ["by a user, where the daemon is another's", ["omit=1"], 1000, 1001, "none"],
    ["of a directory that is gone", ["omit=1"], -Errno.ENOENT, 0, "none"],
  ];
  test.each(rows)("%s", (_name, attributes, owner, uid, expected) => {
    expect(preference(attributes, owner, uid)).toBe(expected);
  });

  test.each(["", "/"])("%j has none", (path) => {
    const sys = new FakeSys();
    sys.attributes.set(`${cgroupDirectory(path)} user.oomd_omit`, "1");
    expect(managedPreference(sys, path)).toBe("none");
  });
});

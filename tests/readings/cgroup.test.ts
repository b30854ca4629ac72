import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  cgroupDirectory,
  cgroupOf,
  isConfined,
  managedPreference,
} from "../../src/readings/cgroup.ts";
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

describe("isConfined", () => {
  const RAM_KIB = 1_000_000;
  const ONLY_OLD = "4:memory:/box/inner\n1:name=systemd:/other\n";
  /** What cgroup v1 says where there is no limit. */
  const NONE = 9_223_372_036_854_771_712n;

  function confined(lines: string, files: Readonly<Record<string, number | bigint | string>>) {
    const sys = new FakeSys().add({ pid: 42 });
    sys.files.set("/proc/42/cgroup", lines);
    for (const [path, value] of Object.entries(files)) {
      sys.files.set(`/sys/fs/cgroup${path}`, `${value}\n`);
    }
    return isConfined(sys, 42, RAM_KIB, new Map());
  }

  /** Limits and what is used, in bytes, of two cgroups of which one lies in the other. */
  function old(
    outer: readonly [number | bigint, number],
    inner: readonly [number | bigint, number],
  ) {
    return {
      "/memory/memory.limit_in_bytes": NONE,
      "/memory/memory.usage_in_bytes": 900_000_000,
      "/memory/box/memory.limit_in_bytes": outer[0],
      "/memory/box/memory.usage_in_bytes": outer[1],
      "/memory/box/inner/memory.limit_in_bytes": inner[0],
      "/memory/box/inner/memory.usage_in_bytes": inner[1],
    };
  }

  const roomy = [300e6, 100e6] as const;
  const full = [300e6, 299e6] as const;
  const endless = [NONE, 299e6] as const;
  const unified = { "/new/memory.max": 300e6, "/new/memory.current": 299e6 };

  test.each([
    ["at its own limit", ONLY_OLD, old(endless, full), true],
    ["at that of the one above", ONLY_OLD, old(full, endless), true],
    ["with room below both", ONLY_OLD, old(roomy, roomy), false],
    ["without a limit", ONLY_OLD, old(endless, endless), false],
    ["at a limit of most of the machine", ONLY_OLD, old(endless, [900e6, 890e6]), false],
    ["of both kinds, at the limit of v1", `${ONLY_OLD}0::/new\n`, old(full, endless), true],
    ["mounted before others", "4:memory,pids:/box\n", old(full, endless), true],
    ["mounted with others", "4:cpu,cpuacct,memory:/box\n", old(full, endless), true],
    ["of a name like it", "4:name=memory:/box\n", old(full, endless), false],
    ["in the root of v1", "4:memory:/\n", old(full, full), false],
    ["whose files are gone", ONLY_OLD, {}, false],
    ["of another controller", "4:cpu:/box\n", old(full, full), false],
    ["of v2", "4:cpu:/box\n0::/new\n", unified, true],
    ["of v2 without a limit", "0::/new\n", { ...unified, "/new/memory.max": "max" }, false],
    [
      "of v2, where it is slowed down",
      "0::/new\n",
      { ...unified, "/new/memory.max": "max", "/new/memory.high": 300e6 },
      true,
    ],
  ])("a process in a cgroup %s", (_name, lines, files, expected) => {
    expect(confined(lines, files)).toBe(expected);
  });

  test("a process that is gone", () =>
    expect(isConfined(new FakeSys(), 42, RAM_KIB, new Map())).toBe(false));
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

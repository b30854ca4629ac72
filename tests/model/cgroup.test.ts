import { describe, expect, test } from "bun:test";
import { unitOf } from "../../src/model/cgroup.ts";

describe("unitOf", () => {
  test.each([
    ["", ""],
    ["/", ""],
    ["/init.scope", "init.scope"],
    ["/system.slice/ssh.service", "ssh.service"],
    ["/system.slice/docker.service/payload", "docker.service"],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope", "a.scope"],
    ["/user.slice/user-1000.slice", ""],
    ["/system.slice/x.service.d", ""],
  ])("%p is of %p", (cgroup, unit) => expect(unitOf(cgroup)).toBe(unit));
});

import { expect, test } from "bun:test";
import { ownerOf } from "../../src/report/owner.ts";

const ID = "0123456789abcdef".repeat(4);

const rows: readonly (readonly [string, string])[] = [
  ["", ""],
  ["/", ""],
  ["/init.scope", "unit init.scope"],
  ["/system.slice/cron.service", "unit cron.service"],
  [
    "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope",
    "unit app-firefox.scope",
  ],
  [`/system.slice/docker-${ID}.scope`, "docker container 0123456789ab"],
  [`/docker/${ID}`, "container 0123456789ab"],
  [`/machine.slice/libpod-${ID}.scope/container`, "podman container 0123456789ab"],
  [
    `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`,
    "containerd container 0123456789ab",
  ],
  [`/kubepods/besteffort/pod0a1b/${ID}`, "container 0123456789ab"],
  ["/lxc.payload.web/system.slice/nginx.service", "lxc container web"],
  ["/lxc/web/init.scope", "lxc container web"],
  ["/machine.slice/machine-debian.scope", "machine container debian"],
];

test.each(rows)("%s is %s", (cgroup, owner) => expect(ownerOf(cgroup)).toBe(owner));

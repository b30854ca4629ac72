import { afterEach, beforeEach, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DIRECTORY = join(import.meta.dir, "../../packaging/logrotate");
const snippet = (name: string) => readFileSync(join(DIRECTORY, name), "utf8");

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "logrotate-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** What logrotate runs after it has renamed the logs, with the pid file in our directory. */
function afterwards() {
  const script = /postrotate\n(.*)\n\s*endscript/s.exec(snippet("bustd"))?.[1] ?? "";
  expect(script).toContain("/var/run/bustd.pid");
  return Bun.spawnSync(["sh", "-c", script.replaceAll("/var/run", home)]);
}

/** A process of that name, whose pid is in the pid file. */
async function start(name: string) {
  copyFileSync(Bun.which("sleep") ?? "", join(home, name));
  const child = Bun.spawn(["sh", "-c", 'chmod +x "$0"; exec "$0" 60', join(home, name)]);
  const comm = () => readFileSync(`/proc/${child.pid}/comm`, "utf8");
  while (comm() !== `${name}\n`) {
    await Bun.sleep(5);
  }
  writeFileSync(join(home, "bustd.pid"), `${child.pid}\n`);
  return child;
}

test("bustd is told by SIGHUP", async () => {
  const child = await start("bustd");
  expect(afterwards().exitCode).toBe(0);
  await child.exited;
  expect(child.signalCode).toBe("SIGHUP");
});

test("another process that got the number of a dead bustd is not", async () => {
  const child = await start("innocent");
  expect(afterwards().exitCode).toBe(0);
  child.kill("SIGTERM");
  await child.exited;
  expect(child.signalCode).toBe("SIGTERM");
});

test.each([null, "", "99999999\n"])("pid file %j: nobody is told, and all is well", (content) => {
  if (content !== null) {
    writeFileSync(join(home, "bustd.pid"), content);
  }
  const { exitCode, stderr } = afterwards();
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});

test("both are of the logs that bustd and its services write", () => {
  for (const name of ["bustd", "supervised"]) {
    expect(snippet(name)).toContain("\n/var/log/bustd.out /var/log/bustd.err {\n");
  }
});

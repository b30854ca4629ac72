/** A daemon among very many processes. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attackers } from "./compile.ts";
import { ACTS_AT_ONCE, executable, inNamespace, missingForNamespaces } from "./refusals/play.ts";
import { leftOut } from "./withstood.ts";

const MANY = 12_000;
const RUN_S = 6;
/** Of one processor, for looking and scanning when nothing comes of it. */
const MOST_PERCENT = 25;
const TICKS_PER_S = 100;
/** All who run there; init, the shell, is nobody to kill anyway. */
const NOBODY = "idle-many|sleep|ls|wc|cut|grep";

const built = existsSync(executable) ? "" : "npm run build makes dist/bustd";
const why = leftOut(built || missingForNamespaces());

test.skipIf(why !== "")(
  `${MANY} processes of whom nobody may be ended do not take a processor${why}`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "bustd-many-"));
    const log = join(directory, "log");
    // The time that it has had, in ticks, and the machine's clock, at the begin and at the end.
    const script = `
      "$1" idle-many count=${MANY} &
      until [ "$(ls /proc | grep -c '^[0-9]')" -gt ${MANY} ]; do sleep 0.1; done
      "$2" ${ACTS_AT_ONCE.join(" ")} -u '${NOBODY}' > "$3" 2>&1 & bustd=$!
      ticks() { echo $(cut -d ' ' -f 14,15 /proc/$bustd/stat; cut -d ' ' -f 1 /proc/uptime); }
      until grep -q "nobody can be killed" "$3"; do sleep 0.1; done; sleep 1
      ls -d /proc/[0-9]* | wc -l; ticks; sleep ${RUN_S}; ticks`;
    const command = ["bash", "-c", script, "bash", attackers(), executable, log];
    const child = Bun.spawn(inNamespace(command), { stdio: ["ignore", "pipe", "inherit"] });
    const [count = "", begin = "", end = ""] = (await new Response(child.stdout).text()).split(
      "\n",
    );
    expect(Number(count)).toBeGreaterThan(MANY);
    rmSync(directory, { recursive: true });
    const [user = 0, system = 0, fromS = 0] = begin.split(" ").map(Number);
    const [userAtEnd = 0, systemAtEnd = 0, untilS = 0] = end.split(" ").map(Number);
    const ticks = userAtEnd + systemAtEnd - user - system;
    expect(ticks).toBeGreaterThan(0);
    const percent = (100 * ticks) / ((untilS - fromS) * TICKS_PER_S);
    expect(percent).toBeLessThan(MOST_PERCENT);
  },
  60_000,
);

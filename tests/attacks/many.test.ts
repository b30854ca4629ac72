/** A daemon among very many processes. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { attackers } from "./compile.ts";
import { ACTS_AT_ONCE, executable, inNamespace, missingForNamespaces } from "./refusals/play.ts";
import { leftOut } from "./withstood.ts";

const MANY = 12_000;
const RUN_S = 6;
/** Of one processor, for looking and scanning when nothing comes of it. */
const MOST_PERCENT = 25;
const TICKS_PER_S = 100;

const built = existsSync(executable) ? "" : "npm run build makes dist/bustd";
const why = leftOut(built || missingForNamespaces());

test.skipIf(why !== "")(
  `${MANY} processes of whom nobody may be ended do not take a processor${why}`,
  async () => {
    // The time that it has had, in ticks, at the begin and at the end.
    const script = `
      "$1" idle-many count=${MANY} & sleep 3
      "$2" ${ACTS_AT_ONCE.join(" ")} -u '*' > /dev/null 2>&1 & bustd=$!
      ticks() { cut -d ' ' -f 14,15 /proc/$bustd/stat; }
      sleep 2; ls -d /proc/[0-9]* | wc -l; ticks; sleep ${RUN_S}; ticks`;
    const command = ["bash", "-c", script, "bash", attackers(), executable];
    const child = Bun.spawn(inNamespace(command), { stdio: ["ignore", "pipe", "inherit"] });
    const [count = "", begin = "", end = ""] = (await new Response(child.stdout).text()).split(
      "\n",
    );
    expect(Number(count)).toBeGreaterThan(MANY);
    const ticksOf = (words: string) => words.split(" ").reduce((sum, one) => sum + Number(one), 0);
    const percent = (100 * (ticksOf(end) - ticksOf(begin))) / (RUN_S * TICKS_PER_S);
    expect(percent).toBeLessThan(MOST_PERCENT);
  },
  60_000,
);

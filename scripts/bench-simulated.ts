/** Plays random machines on paper, by the thousand; `--help` says how to call it. */
import { parseArgs } from "node:util";
import { runDaemon } from "../src/daemon.ts";
import { firstKill, randomMachine } from "../tests/helpers/random-machines.ts";

const usage = `Usage: bench-simulated [--machines N] [--from SEED]

Lets the daemon live on machines of a simulated kernel, from 64 MiB to 1 TiB, on which somebody
takes all that is left, and says whom it kills first. The same seed is the same machine.

  --machines  how many (default 1000)
  --from      the first seed (default 1)
`;

const { values } = parseArgs({
  options: {
    machines: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const [count, from] = [Number(values.machines), Number(values.from)];
if (values.help || !Number.isInteger(count) || !Number.isInteger(from)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const tally = { machines: 0, nobody: 0, second: 0, explained: 0, chosen: 0, unjust: 0 };
for (let seed = from; seed < from + count; seed++) {
  const machine = randomMachine(seed);
  const kill = firstKill(machine, runDaemon);
  tally.machines++;
  if (kill === null) {
    tally.nobody++;
    console.log(`seed ${seed}: nobody was killed; ${machine.about}`);
    continue;
  }
  if (kill.isSecond) {
    tally.second++;
    console.log(`seed ${seed}: the kernel killed first; ${machine.about}`);
    continue;
  }
  const { comms, hogsShare, isExplained, isRight, largestShare, rule, victimsShare } = kill;
  tally.explained += isExplained ? 1 : 0;
  tally.chosen += isExplained && isRight ? 1 : 0;
  const isHog = comms.every((comm) => comm === "hog");
  const isUnjust = !isHog && victimsShare < 0.1 && Math.max(largestShare, hogsShare) >= 0.5;
  tally.unjust += isUnjust ? 1 : 0;
  if (isUnjust || (isExplained && !isRight)) {
    const shares = `hogs ${hogsShare.toFixed(2)}, victim ${victimsShare.toFixed(2)}`;
    console.log(`seed ${seed}: ${comms.join(", ")} by ${rule} (${shares}); ${machine.about}`);
  }
}
const { chosen, explained, machines, nobody, second, unjust } = tally;
console.log(`${machines} machines; nobody was killed on ${nobody}, the kernel was first on ${second}
who took half or more of what was lost was chosen on ${chosen} of ${explained}
who took less than a tenth while others took half was chosen on ${unjust}`);

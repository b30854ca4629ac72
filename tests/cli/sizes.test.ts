/** Limits that are sizes, as earlyoom has them, beside those that are shares. */
import { describe, expect, test } from "bun:test";
import { parseCommandLine } from "../../src/cli/options.ts";
import { limitPercents } from "../../src/model/options.ts";
import { optionsOf } from "../helpers/options-of.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

async function sentencesOf(...argv: readonly string[]): Promise<readonly string[]> {
  const commandLine = await parseCommandLine(argv, paperSurroundings());
  return commandLine.kind === "problems" ? commandLine.sentences : [];
}

describe("limits as sizes", () => {
  const MIB = 1024;
  const GIB = 1024 * MIB;
  test.each([
    [
      ["-m", "500M"],
      { softPercent: 100, hardPercent: 100, softKib: 500 * MIB, hardKib: 250 * MIB },
    ],
    [
      ["-m", "2g,512m"],
      { softPercent: 100, hardPercent: 100, softKib: 2 * GIB, hardKib: 512 * MIB },
    ],
    [
      ["-m", "1.5GiB"],
      { softPercent: 100, hardPercent: 100, softKib: 1.5 * GIB, hardKib: 0.75 * GIB },
    ],
    [["-m", "10%,256 MB"], { softPercent: 10, hardPercent: 100, hardKib: 256 * MIB }],
    [["-m", "500M,1%"], { softPercent: 100, hardPercent: 1, softKib: 500 * MIB }],
    [["-m", "10%"], { softPercent: 10, hardPercent: 5 }],
    [["-m", "0M"], { softPercent: 0, hardPercent: 0 }],
    // earlyoom's: KiB, and in place of its percentages where these are not given.
    [["-M", "1048576"], { softPercent: 100, hardPercent: 100, softKib: GIB, hardKib: GIB / 2 }],
    [
      ["-M", "838860,83886"],
      { softPercent: 100, hardPercent: 100, softKib: 838_860, hardKib: 83_886 },
    ],
    [["--mem-size", "1G"], { softPercent: 100, hardPercent: 100, softKib: GIB, hardKib: GIB / 2 }],
    [
      ["-m", "20", "-M", "1G"],
      { softPercent: 20, hardPercent: 10, softKib: GIB, hardKib: GIB / 2 },
    ],
    [
      ["-m", "2G", "-M", "1G"],
      { softPercent: 100, hardPercent: 100, softKib: GIB, hardKib: GIB / 2 },
    ],
    [["-m", "10", "-M", "0"], { softPercent: 0, hardPercent: 0 }],
    [["-m", "0", "-M", "1G"], { softPercent: 0, hardPercent: 0, softKib: GIB, hardKib: GIB / 2 }],
  ])("%j", async (argv, expected) => {
    expect((await optionsOf(argv)).mem).toEqual(expected);
    const ofSwap = argv.map((word) =>
      word.replace(/^-m$/, "-s").replace(/^-M$/, "-S").replace("--mem", "--swap"),
    );
    expect((await optionsOf(ofSwap)).swap).toEqual(expected);
  });

  test("flags stand beside what files say, and the lower one holds", async () => {
    const files = paperSurroundings({ "/etc/bustd/bustd.toml": 'mem = 20\nswap-size = "1G"' });
    const { mem, swap } = await optionsOf(["-M", "1G"], files);
    expect(mem).toEqual({ softPercent: 20, hardPercent: 10, softKib: GIB, hardKib: GIB / 2 });
    expect(swap).toEqual({ softPercent: 100, hardPercent: 100, softKib: GIB, hardKib: GIB / 2 });
  });

  test.each([
    [["-M", "10%"], "--mem-size: found "],
    [["-M", "x"], "--mem-size: found "],
    [["-M", "1,2,3"], "--mem-size: found "],
    [["-M", "1M,2M"], "--mem-size: found 1M,2M, allowed is a second number that is no higher"],
    [["-m", "5,9%"], "--mem: found 5,9%, allowed is a second number that is no higher"],
    [["-m", "500"], '--mem: found "500", allowed is one or two percentages or sizes'],
    [["-m", "5X"], "--mem: found "],
    [["-M", `${"9".repeat(400)}T`], "--mem-size: found "],
    [["--kill-after", "11m"], '--kill-after: found "11m", allowed is a time up to 10m, such as'],
    [["--kill-after", "soon"], '--kill-after: found "soon", allowed is a time up to 10m, such as'],
    [["--kill-after", "-1"], '--kill-after: found "-1", allowed is a time up to 10m, such as'],
  ])("%j is refused", async (argv, sentence) => {
    const sentences = await sentencesOf(...argv);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toStartWith(sentence);
  });

  // 64 GiB of which 48 are huge pages, and 2 GiB of swap.
  test.each([
    ["-M2097152", 16 * GIB, 12.5, 6.25],
    ["-M2097152", 64 * GIB, 3.125, 1.5625],
    ["-m10", 16 * GIB, 10, 5],
    ["-m1G,1%", 16 * GIB, 6.25, 1],
    ["-M32G", 16 * GIB, 100, 100],
    ["-M1G", 0, 100, 100],
  ])("%s of %d KiB is %d and %d percent", async (flag, totalKib, softPercent, hardPercent) => {
    const { mem } = await optionsOf([flag]);
    expect(limitPercents(mem, totalKib)).toEqual({ softPercent, hardPercent });
  });
});

import { parseCommandLine } from "../../src/cli/options.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import type { Inheritance } from "../../src/model/inheritance.ts";
import type { Options } from "../../src/model/options.ts";
import { paperSurroundings } from "./paper-surroundings.ts";

/** The options that arguments give; throws the sentences if there are problems. */
export async function optionsOf(
  argv: readonly string[],
  surroundings: Surroundings = paperSurroundings(),
): Promise<Options> {
  const commandLine = await parseCommandLine(argv, surroundings);
  if (commandLine.kind === "problems") {
    throw new Error(commandLine.sentences.join("\n"));
  }
  if (commandLine.kind === "print") {
    throw new Error(commandLine.text);
  }
  if (commandLine.kind === "announce") {
    throw new Error("announce is no daemon");
  }
  if (commandLine.options === null) {
    throw new Error(`${argv.join(" ")} takes no options of the daemon`);
  }
  return commandLine.options;
}

/** What a daemon that is started so has from its surroundings. */
export async function inheritanceOf(
  argv: readonly string[],
  surroundings: Surroundings = paperSurroundings(),
): Promise<Inheritance> {
  const commandLine = await parseCommandLine(argv, surroundings);
  if (commandLine.kind !== "daemon") {
    throw new Error(`${argv.join(" ")} starts no daemon`);
  }
  return commandLine.inheritance;
}

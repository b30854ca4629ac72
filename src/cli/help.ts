import { type ArgsDef, type CommandDef, renderUsage } from "citty";
import { COMMANDS, flagsOf } from "./args.ts";
import type { Command } from "./flag.ts";

const WIDTH = 80;

/** Breaks a description so that all its lines fit beside the column of flags. */
function wrapped(text: string, column: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && column + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(column)}`);
}

function argsOf(command: Command | null): ArgsDef {
  const args: ArgsDef = {};
  for (const [index, word] of (command?.words ?? []).entries()) {
    const required = index < (command?.required ?? 0);
    args[word.name] = { type: "positional", description: word.help, required };
  }
  for (const { name, short, kind, value, help, initial, required } of flagsOf(command)) {
    args[name] = {
      type: kind === "switch" ? "boolean" : "string",
      description: initial === undefined ? help : `${help} [${initial}]`,
      ...(short === undefined ? {} : { alias: short }),
      ...(value === undefined ? {} : { valueHint: value }),
      ...(required === undefined ? {} : { required }),
    } as ArgsDef[string];
  }
  return args;
}

/** What citty calls a command, made from the tables. */
function commandDefinition(command: Command | null, version: string): CommandDef {
  if (command !== null) {
    return { meta: { name: command.name, description: command.help }, args: argsOf(command) };
  }
  const subCommands = COMMANDS.map((sub) => [sub.name, commandDefinition(sub, version)] as const);
  return {
    meta: {
      name: "bustd",
      version,
      description: "Kills the right process just before Linux runs out of memory",
    },
    args: argsOf(null),
    subCommands: Object.fromEntries(subCommands),
  };
}

/** What the table of flags does not say. */
const NOTES: Readonly<Record<string, string>> = {
  "": "A lone -- starts no daemon: words are expected behind it, and bustd alone takes none.",
  victims: "The daemon's other flags may be given as well; they change nothing here.",
  doctor: "The daemon's other flags may be given as well; they change nothing here.",
};

/** The help of the program, or of one command: citty's, broken to 80 columns. */
export async function helpText(
  command: Command | null,
  version: string,
  coloured: boolean,
): Promise<string> {
  const definition = commandDefinition(command, version);
  const parent = command === null ? undefined : commandDefinition(null, version);
  const everyCommand = COMMANDS.map(({ name }) => name).join("|");
  const usage = (await renderUsage(definition, parent)).replace(everyCommand, "[COMMAND]");
  const text = coloured ? usage : Bun.stripANSI(usage);
  const lines = text.split("\n").map((line) => {
    const bare = Bun.stripANSI(line).trimEnd();
    // An entry of a table: the name, two spaces, the description.
    const entry = /^( {2,}\S.*? {2,})(\S.*)$/.exec(bare);
    const [, name = "", description = ""] = entry ?? [];
    return entry === null
      ? line.trimEnd()
      : line.trimEnd().replace(description, () => wrapped(description, name.length));
  });
  const note = NOTES[command?.name ?? ""];
  const last = note === undefined ? "" : `\n${wrapped(note, 0)}\n`;
  return `${lines.join("\n").trimEnd()}\n${last}`;
}

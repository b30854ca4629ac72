import { renderUsage } from "citty";
import { type Command, commandDefinition, COMMANDS } from "./args.ts";

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
  return `${lines.join("\n").trimEnd()}\n`;
}

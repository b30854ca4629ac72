import { COMMANDS, FLAGS, flagsOf } from "../../src/cli/args.ts";
import type { Command, Flag } from "../../src/cli/flag.ts";

const MADE = "# Made by scripts/generate.ts from the tables of src/cli/args.ts.";

/** Where `import` can take settings from; the first word after it. */
const SOURCES = ["earlyoom", "nohang"] as const;

/** What `help` can be asked about. */
const NAMES = COMMANDS.map(({ name }) => name);

function spellings({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

function takesFile(command: Command): boolean {
  return command.words.some(({ name }) => name === "file");
}

/** Completion for bash; installed as `share/bash-completion/completions/bustd`. */
export function bashCompletion(): string {
  const valued = FLAGS.filter(({ value }) => value !== undefined);
  const cases = valued.map((flag) => {
    const pattern = spellings(flag).join("|");
    if (flag.kind === "path") {
      return `    ${pattern}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;`;
    }
    const words = flag.choices?.join(" ");
    const reply = words === undefined ? "" : `COMPREPLY=($(compgen -W "${words}" -- "$cur")); `;
    return `    ${pattern}) ${reply}return ;;`;
  });
  const flagCases = COMMANDS.map(
    (command) =>
      `      ${command.name}) words="${flagsOf(command).flatMap(spellings).join(" ")}" ;;`,
  );
  const files = COMMANDS.filter(takesFile).map(({ name }) => name);
  return `${MADE}
_bustd() {
  local cur prev command="" words index
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $prev in
${cases.join("\n")}
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      ${NAMES.join("|")}) command=\${COMP_WORDS[index]}; break ;;
    esac
  done
  if [[ $cur == -* ]]; then
    case $command in
${flagCases.join("\n")}
      *) words="${flagsOf(null).flatMap(spellings).join(" ")}" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "${NAMES.join(" ")}" -- "$cur"))
  elif [[ $command == import && $prev == import ]]; then
    COMPREPLY=($(compgen -W "${SOURCES.join(" ")}" -- "$cur"))
  elif [[ $command == help && $prev == help ]]; then
    COMPREPLY=($(compgen -W "${NAMES.join(" ")}" -- "$cur"))
  else
    case $command in
      ${files.join("|")}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
    esac
  fi
}
complete -F _bustd bustd
`;
}

function zshQuote(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function zshFlag(flag: Flag): string {
  const help = zshQuote(flag.help.replaceAll(/[[\]\\:]/g, "\\$&"));
  const names = spellings(flag);
  const exclusive = `(${names.join(" ")})`;
  const choices = flag.choices === undefined ? "" : `(${flag.choices.join(" ")})`;
  const action = flag.kind === "path" ? "_files" : choices;
  const value = flag.value === undefined ? "" : `:${flag.value.replaceAll("|", " ")}:${action}`;
  const braces = names.length > 1 ? `{${names.join(",")}}` : names.join("");
  return `'${exclusive}'${braces}'[${help}]${zshQuote(value)}'`;
}

/** What stands behind a command. */
function zshWord({ name }: Command["words"][number]): string {
  if (name === "file") {
    return "'::file:_files'";
  }
  if (name === "which") {
    return `'::${name}:'`;
  }
  const words = name === "command" ? NAMES : SOURCES;
  return `'1:${name}:(${words.join(" ")})'`;
}

/** Completion for zsh; installed as `share/zsh/site-functions/_bustd`. */
export function zshCompletion(): string {
  const commands = COMMANDS.map(
    ({ name, help }) => `    '${name}:${zshQuote(help.replaceAll(":", "\\:"))}'`,
  );
  const cases = COMMANDS.map((command) => {
    const words = command.words.map(zshWord);
    const args = [...flagsOf(command).map(zshFlag), ...words];
    const lines = args.join(" \\\n        ");
    return `    ${command.name})\n      _arguments -s \\\n        ${lines}\n      ;;`;
  });
  return `#compdef bustd
${MADE}
_bustd() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${commands.join("\n")}
  )
  _arguments -s -C \\
    ${flagsOf(null).map(zshFlag).join(" \\\n    ")} \\
    '1: :->command' '*:: :->rest'
  [[ $state == command ]] && _describe command commands
  [[ $state == rest ]] || return
  case $line[1] in
${cases.join("\n")}
  esac
}
_bustd "$@"
`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishFlag(flag: Flag, condition: string): string {
  const { choices, help, kind, name, short, value } = flag;
  return [
    "complete -c bustd",
    `-n ${fishQuote(condition)}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    `-l ${name}`,
    ...(value === undefined ? [] : ["-x"]),
    ...(choices === undefined ? [] : [`-a ${fishQuote(choices.join(" "))}`]),
    ...(kind === "path" ? ["-a '(__fish_complete_path)'"] : []),
    `-d ${fishQuote(help)}`,
  ].join(" ");
}

/** Completion for fish; installed as `share/fish/vendor_completions.d/bustd.fish`. */
export function fishCompletion(): string {
  const names = NAMES.join(" ");
  const none = `not __fish_seen_subcommand_from ${names}`;
  const flags = FLAGS.map((flag) => {
    const known = COMMANDS.filter((command) => flagsOf(command).includes(flag));
    const seen = `__fish_seen_subcommand_from ${known.map(({ name }) => name).join(" ")}`;
    const alone = flagsOf(null).includes(flag);
    const either = known.length === 0 ? none : `${none}; or ${seen}`;
    return fishFlag(flag, alone ? either : seen);
  });
  const commands = COMMANDS.map(
    ({ name, help }) => `complete -c bustd -n ${fishQuote(none)} -a ${name} -d ${fishQuote(help)}`,
  );
  const files = COMMANDS.filter(takesFile).map(({ name }) => name);
  return `${[
    MADE,
    "complete -c bustd -f",
    ...commands,
    `complete -c bustd -n '__fish_seen_subcommand_from import' -a ${fishQuote(SOURCES.join(" "))}`,
    `complete -c bustd -n '__fish_seen_subcommand_from help' -a ${fishQuote(NAMES.join(" "))}`,
    ...flags,
    `complete -c bustd -n ${fishQuote(`__fish_seen_subcommand_from ${files.join(" ")}`)} -F`,
  ].join("\n")}\n`;
}

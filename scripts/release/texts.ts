import type { Release } from "./run.ts";

/** A template with each `@NAME@` filled in; throws with the name of one that is not known. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/@([A-Z][A-Z0-9_]*)@/g, (token, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new Error(`a template asks for ${token}, which the release does not know`);
    }
    return value;
  });
}

/**
 * A text of the sources with links that lead to the repository from anywhere: in the sources they
 * are relative, in the way that GitHub shows them.
 */
export function withWholeLinks(
  text: string,
  { home, version }: Pick<Release, "home" | "version">,
): string {
  return text.replaceAll(
    /(!\[[^\]\n]*\]\(|\]\(|^\[[^\]\n]+\]: )(?![a-z]+:|#)([^)\s]+)/gm,
    (_link, start: string, path: string) => {
      // Of a picture the bytes are wanted, and not the page that shows them.
      const kind = start.startsWith("!") ? "raw" : "blob";
      const whole = path.startsWith("../../")
        ? `${home}/${path.slice("../../".length)}`
        : `${home}/${kind}/v${version}/${path}`;
      return `${start}${whole}`;
    },
  );
}

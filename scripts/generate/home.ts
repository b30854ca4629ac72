import packageJson from "../../package.json";

/** Where the project lives: `homepage` of package.json, the one place that says so. */
export const HOME: string = packageJson.homepage;

/** The repository's owner and name, as `gh --repo` wants them. */
export const REPOSITORY = new URL(HOME).pathname.slice(1);

/** True until somebody has put the repository's owner into package.json. */
export const isHomeUnknown = REPOSITORY.startsWith("OWNER/");

/** A text in which every mention of the project's home is the one of package.json. */
export function withHome(text: string): string {
  return text
    .replaceAll(/https:\/\/github\.com\/[\w.-]+\/bustd\b/g, HOME)
    .replaceAll(/--repo [\w.-]+\/bustd\b/g, `--repo ${REPOSITORY}`);
}

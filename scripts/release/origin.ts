import { run } from "./run.ts";

/** Where a release is published, and who answers for it. */
export interface Origin {
  /** Owner and name, as `gh --repo` wants them. */
  readonly repository: string;
  readonly home: string;
  /** `Name <address>`, as all packages want it. */
  readonly maintainer: string;
}

/** What is known of that before anybody has looked at it. */
export interface Clues {
  readonly repository: string | undefined;
  /** What was asked for; it must be usable. */
  readonly maintainer: string | undefined;
  /** Who else it may be, the best first; git prints `Name <address>`. */
  readonly candidates: readonly string[];
}

/** Names that are set aside for tests and examples: RFC 2606, RFC 6761. */
const RESERVED = /(^|\.)(invalid|localhost|localdomain|test|example|example\.(com|net|org))$/i;

const MAINTAINER = /^[^<>"&,@\n]*[^<>"&,@\s] <[\w.+-]+@((?:[\w-]+\.)+[\w-]+)>$/u;

/** Whether it is a name, and an address that may be somebody's. */
function isMaintainer(text: string): boolean {
  const domain = MAINTAINER.exec(text)?.[1];
  return domain !== undefined && !RESERVED.test(domain);
}

/**
 * Where the release comes from. Without anybody's address it is the one that GitHub keeps for the
 * repository's owner. Throws with all that is missing or wrong.
 */
export function readOrigin({ candidates, maintainer, repository = "" }: Clues): Origin {
  const problems: string[] = [];
  if (repository === "") {
    problems.push("who publishes it: set GITHUB_REPOSITORY=owner/name, or give --repository");
  } else if (!/^[a-z\d][a-z\d-]*\/[\w.-]+$/i.test(repository) || /^owner\//i.test(repository)) {
    problems.push(`an owner and a name in place of the repository ${repository}`);
  }
  if (maintainer !== undefined && !isMaintainer(maintainer)) {
    problems.push(`a name and a real address, "Name <address>", in place of ${maintainer}`);
  }
  if (problems.length > 0) {
    throw new Error(`missing: ${problems.join("; ")}`);
  }
  const owner = repository.split("/")[0] ?? "";
  const known = maintainer ?? candidates.find((candidate) => isMaintainer(candidate));
  return {
    repository,
    home: `https://github.com/${repository}`,
    maintainer: known ?? `${owner} <${owner}@users.noreply.github.com>`,
  };
}

/** The author of a tag, or of the commit if the tag has none; and who git is set up for, here. */
export function readCandidates(cwd: string, tag: string): readonly string[] {
  const ofTag = (who: string) =>
    run(["git", "for-each-ref", `--format=%(${who}name) %(${who}email)`, `refs/tags/${tag}`], {
      cwd,
    }).trim();
  const ofGit = (key: string) =>
    run(["git", "config", "--default", "", "--get", key], { cwd }).trim();
  return [ofTag("tagger"), ofTag("author"), `${ofGit("user.name")} <${ofGit("user.email")}>`];
}

import packageJson from "../../package.json";
import { type Part, RUNTIME_PARTS } from "../generate/runtime-parts.ts";
import { revisionOf } from "../generate/notices.ts";
import { type Release, run } from "./run.ts";

/** The section of the change log that tells of this version; throws when there is none. */
export function releaseNotes(
  changes: string,
  { repository, version }: Pick<Release, "repository" | "version">,
): string {
  const sections = changes.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}] - `));
  if (section === undefined) {
    throw new Error(`CHANGELOG.md has no heading [${version}]`);
  }
  const text = section.slice(section.indexOf("\n")).replaceAll(/^\[[^\]]+\]: .*\n?/gm, "");
  return `${text.trim()}

## Verify

\`\`\`sh
sha256sum --check --ignore-missing SHA256SUMS
gh attestation verify FILE --repo ${repository}
\`\`\`
`;
}

/** Whether the change log still calls this version unreleased. */
export function isUnreleased(changes: string, version: string): boolean {
  return !new RegExp(`^## \\[${version}\\] - \\d{4}-\\d\\d-\\d\\d$`, "m").test(changes);
}

interface Component {
  name: string;
  type: string;
  externalReferences?: readonly object[];
}

interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: unknown[];
}

const website = (url: string) => [{ type: "website", url }];

function componentOf(part: Part): object {
  const revision = revisionOf(part);
  return {
    "bom-ref": `bun/${part.name}`,
    type: "library",
    name: part.name,
    ...(revision === "" ? {} : { version: revision }),
    licenses: [{ expression: part.license }],
    externalReferences: website(part.home),
  };
}

/** The bill of materials, CycloneDX: npm's, without what differs each time, and the runtime. */
export function billOfMaterials({ home, root }: Release): string {
  const command = ["npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev"];
  const bill = JSON.parse(run(command, { cwd: root })) as Bill;
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  // npm takes the folder's name.
  const own = { name: packageJson.name, type: "application", externalReferences: website(home) };
  Object.assign(bill.metadata.component, own);
  const { bun } = packageJson.devDependencies;
  bill.components.push({
    "bom-ref": `bun@${bun}`,
    type: "platform",
    name: "bun",
    version: bun,
    purl: `pkg:npm/bun@${bun}`,
    licenses: [{ license: { id: "MIT" } }],
    components: RUNTIME_PARTS.map(componentOf),
  });
  return `${JSON.stringify(bill, null, 2)}\n`;
}

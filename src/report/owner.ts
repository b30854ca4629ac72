const CONTAINERS = [
  ["docker-", "docker"],
  ["libpod-", "podman"],
  ["cri-containerd-", "containerd"],
  ["crio-", "CRI-O"],
  ["lxc.payload.", "lxc"],
  ["machine-", "machine"],
] as const;

/** As many digits of a container's number as its tools show. */
const SHORT_ID = 12;
const SCOPE = ".scope";

function withoutScope(part: string): string {
  return part.endsWith(SCOPE) ? part.slice(0, -SCOPE.length) : part;
}

function isHexId(text: string): boolean {
  return /^[0-9a-f]{32,}$/.test(text);
}

function shortened(id: string): string {
  return isHexId(id) ? id.slice(0, SHORT_ID) : id;
}

function containerOf(parts: readonly string[]): string {
  for (const [index, part] of parts.entries()) {
    const known = CONTAINERS.find(([prefix]) => part.startsWith(prefix));
    if (known !== undefined && part !== known[0]) {
      const [prefix, tool] = known;
      return `${tool} container ${shortened(withoutScope(part.slice(prefix.length)))}`;
    }
    const before = parts[index - 1] ?? "";
    if ((before === "docker" || before.startsWith("pod")) && isHexId(part)) {
      return `container ${shortened(part)}`;
    }
    if (before === "lxc" && part !== "") {
      return `lxc container ${part}`;
    }
  }
  return "";
}

/**
 * Whose a process is by its cgroup's path: `docker container 0123456789ab`, `unit cron.service`,
 * or "" where it says nothing. Not escaped.
 */
export function ownerOf(cgroup: string): string {
  const parts = cgroup.split("/");
  const container = containerOf(parts);
  if (container !== "") {
    return container;
  }
  const unit = parts.findLast((part) => part.endsWith(".service") || part.endsWith(SCOPE));
  return unit === undefined ? "" : `unit ${unit}`;
}

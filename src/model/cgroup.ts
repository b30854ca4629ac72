/** The systemd unit a cgroup path belongs to: its last part that is a service or a scope; or "". */
export function unitOf(cgroup: string): string {
  for (let end = cgroup.length; end > 0;) {
    const slash = cgroup.lastIndexOf("/", end - 1);
    const part = cgroup.slice(slash + 1, end);
    if (part.endsWith(".service") || part.endsWith(".scope")) {
      return part;
    }
    end = slash;
  }
  return "";
}

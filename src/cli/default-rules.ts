import type { Pattern, Rule } from "../model/options.ts";
import { compileGlob } from "../policy/glob.ts";
import { gathered } from "./patterns.ts";

/** A protection that holds unless `default-rules` is off. Names are cut at 15 bytes, as comm is. */
export interface DefaultRule {
  readonly name: string;
  readonly reason: string;
  readonly comm: readonly string[];
  readonly unit?: readonly string[];
  /** Points to avoid it by; without, it is protected. */
  readonly avoid?: number;
}

/** Whoever dies with these takes others along. Shown in the annotated default file. */
export const DEFAULT_RULES: readonly DefaultRule[] = [
  {
    name: "init systems",
    reason: "All services hang on them; `systemd` is also each user's own manager.",
    comm: [
      "systemd",
      "(sd-pam)",
      "init",
      "openrc-init",
      "supervise-daemo",
      "runit",
      "runsvdir",
      "runsv",
      "s6-svscan",
      "s6-supervise",
      "dinit",
      "systemd-journal",
      "systemd-udevd",
      "udevd",
    ],
  },
  {
    name: "D-Bus",
    reason: "Every desktop program and many services end with their bus.",
    comm: ["dbus-daemon", "dbus-broker", "dbus-broker-lau"],
  },
  {
    name: "seats and logins",
    reason: "They keep sessions open; `login` is the parent of a terminal's shell.",
    comm: ["systemd-logind", "elogind", "elogind-daemon", "seatd", "login", "agetty", "getty"],
  },
  {
    name: "sshd's listening process",
    reason: "Without it nobody gets in to help. Sessions have units of their own.",
    comm: ["sshd"],
    unit: ["sshd.service", "ssh.service", ""],
  },
  {
    name: "display managers",
    reason: "The sessions they have started end with them.",
    comm: [
      "gdm",
      "gdm3",
      "gdm-session-wor",
      "gdm-wayland-ses",
      "gdm-x-session",
      "sddm",
      "sddm-helper",
      "sddm-helper-sta",
      "lightdm",
      "lxdm",
      "xdm",
      "slim",
      "greetd",
      "ly",
      "cosmic-greeter",
    ],
  },
  {
    name: "display servers and compositors",
    reason: "Every window is lost with them. The names with a dot are NixOS's.",
    comm: [
      "X",
      "Xorg",
      "Xorg.bin",
      "Xwayland",
      "gnome-shell",
      ".gnome-shell-wr*",
      "mutter",
      "kwin_wayland",
      "kwin_x11",
      ".kwin_wayland*",
      "sway",
      ".sway-wrapped",
      "Hyprland",
      ".Hyprland-wrapp",
      "niri",
      "river",
      "labwc",
      "wayfire",
      "weston",
      "cosmic-comp",
      "gamescope*",
      "cinnamon",
      "muffin",
      "marco",
      "xfwm4",
      "gala",
      "budgie-wm",
      "enlightenment",
      "compiz",
      "i3",
      "openbox",
      "fluxbox",
      "icewm",
      "awesome",
      "bspwm",
      "dwm",
    ],
  },
  {
    name: "session leaders",
    reason: "A desktop session is over when they end.",
    comm: [
      "gnome-session-*",
      "startplasma-*",
      "plasma_session",
      "ksmserver",
      "xfce4-session",
      "mate-session",
      "cinnamon-sessio",
      "lxqt-session",
      "lxsession",
      "cosmic-session",
      "xinit",
    ],
  },
  {
    name: "package managers at work",
    reason: "Half an update may not boot; but one that runs away is still killed in the end.",
    comm: [
      "apt",
      "apt-get",
      "aptitude",
      "dpkg",
      "unattended-upgr",
      "dnf",
      "dnf5",
      "yum",
      "rpm",
      "rpm-ostree",
      "zypper",
      "packagekitd",
      "pacman",
      "pamac*",
      "emerge",
      "apk",
      "xbps-install",
      "flatpak",
      "snapd",
      "calamares",
    ],
    avoid: 300,
  },
];

function globs(sources: readonly string[]): Pattern[] {
  return gathered(sources.map(compileGlob).filter((glob) => "kind" in glob));
}

/**
 * What somebody gets who only has such a name, or whose executable cannot be seen: less than what
 * would hide that it took what was lost.
 */
const NAMESAKE_POINTS = -200;

/** The default set as rules. Anybody may choose a name: it protects only programs of the system. */
export function defaultRules(): Rule[] {
  return DEFAULT_RULES.flatMap(({ name, comm, unit, avoid }): Rule[] => {
    const match = { comm: globs(comm), ...(unit === undefined ? {} : { unit: globs(unit) }) };
    const origin = `default: ${name}`;
    if (avoid !== undefined) {
      return [{ origin, match, effect: { kind: "points", points: -avoid } }];
    }
    return [
      { origin, match: { ...match, isSystems: true }, effect: { kind: "protect" } },
      {
        origin: `${origin}, by name alone`,
        match: { ...match, isSystems: false },
        effect: { kind: "points", points: NAMESAKE_POINTS },
      },
    ];
  });
}

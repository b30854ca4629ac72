/** Desktop Notifications Specification 1.2, as far as a program needs it that shows one notice. */
import { type Bus, BusError } from "./bus.ts";
import type { Message } from "./message.ts";
import type { Notice } from "./notice.ts";
import type { Value } from "./wire.ts";

const NAME = "org.freedesktop.Notifications";
const PATH = "/org/freedesktop/Notifications";
const SERVER = { destination: NAME, path: PATH, interface: NAME } as const;

const CRITICAL = 2;
/** A person may be away: it stays until it is answered. */
const NEVER_MS = 0;
const ICON = "dialog-warning";
/** It takes what came from a program with a desktop file away as soon as that program ends. */
const FORGETFUL = "gnome-shell";

/** What becomes of a notice. */
export type Heard =
  | { readonly kind: "closed" }
  | { readonly kind: "pressed"; readonly button: string; readonly token: string };

/** A text where markup is none. Quotes are safe outside of tags; `&apos;` is not known by all. */
function withoutMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The arguments of `Notify`, as this kind of server wants them; pure. */
export function argumentsOf(
  { body, buttons, otherwise, summary }: Notice,
  capabilities: ReadonlySet<string>,
  { replaces, isNameless }: { readonly replaces: number; readonly isNameless: boolean },
): readonly Value[] {
  const hasButtons = capabilities.has("actions") && buttons.length > 0;
  const text = hasButtons || otherwise === "" ? body : `${body}\n${otherwise}`;
  const hints: Value[] = [["urgency", { signature: "y", value: CRITICAL }]];
  if (!isNameless) {
    hints.push(["desktop-entry", { signature: "s", value: "bustd" }]);
  }
  return [
    isNameless ? "Out of memory" : "bustd",
    replaces,
    ICON,
    summary,
    capabilities.has("body-markup") ? withoutMarkup(text) : text,
    hasButtons ? buttons.flat() : [],
    hints,
    NEVER_MS,
  ];
}

/** A server that shows notices, and the one notice that we have there. */
export class Notifications {
  onHeard: (heard: Heard) => void = () => {};
  readonly #bus: Bus;
  readonly #owner: string;
  readonly #capabilities: ReadonlySet<string>;
  readonly #isForgetful: boolean;
  #shown = 0;
  #token = "";

  private constructor(bus: Bus, owner: string, capabilities: readonly Value[], name: Value) {
    this.#bus = bus;
    this.#owner = owner;
    this.#capabilities = new Set(capabilities.filter((item) => typeof item === "string"));
    this.#isForgetful = name === FORGETFUL;
    bus.onSignal = (message) => this.#hear(message);
  }

  /** Asks what the server can do, which starts one where the desktop has one; `BusError`. */
  static async open(bus: Bus): Promise<Notifications> {
    const [capabilities] = await bus.call({ ...SERVER, member: "GetCapabilities" });
    const [name] = await bus.call({ ...SERVER, member: "GetServerInformation" });
    await bus.listen(`type='signal',sender='${NAME}',path='${PATH}',interface='${NAME}'`);
    await bus.listen(
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus'," +
        `member='NameOwnerChanged',arg0='${NAME}'`,
    );
    const owner = await bus.ownerOf(NAME);
    if (!Array.isArray(capabilities) || owner === "") {
      throw new BusError("what shows notifications there does not keep to their specification");
    }
    return new Notifications(bus, owner, capabilities, name ?? "");
  }

  /** Whose the number of a notice is: it means another one to a server that was started anew. */
  get owner(): string {
    return this.#owner;
  }

  /** Shows a notice in the place of the one before; its number. */
  show(notice: Notice, replaces: number): Promise<number> {
    return this.#notify(notice, { replaces, isNameless: false });
  }

  /**
   * Shows it in its own place without buttons, which nobody would answer any more: so that it
   * outlives this program; its number.
   */
  leave(notice: Notice): Promise<number> {
    const replaces = this.#isForgetful ? 0 : this.#shown;
    return this.#notify({ ...notice, buttons: [] }, { replaces, isNameless: this.#isForgetful });
  }

  /** Takes it away: some servers leave a notice that was answered, with buttons that are dead. */
  async close(): Promise<void> {
    const call = { ...SERVER, member: "CloseNotification", signature: "u", body: [this.#shown] };
    await this.#bus.call(call);
  }

  async #notify(notice: Notice, how: Parameters<typeof argumentsOf>[2]): Promise<number> {
    // What is heard until the answer is about the one before.
    this.#shown = 0;
    this.#token = "";
    const [id] = await this.#bus.call({
      ...SERVER,
      member: "Notify",
      signature: "susssasa{sv}i",
      body: argumentsOf(notice, this.#capabilities, how),
    });
    this.#shown = typeof id === "number" ? id : 0;
    return this.#shown;
  }

  #hear({ body, member, sender }: Message): void {
    const [first, second] = body;
    if (member === "NameOwnerChanged" && sender === "org.freedesktop.DBus" && first === NAME) {
      this.onHeard({ kind: "closed" });
    }
    if (sender !== this.#owner || first !== this.#shown || this.#shown === 0) {
      return;
    }
    if (member === "ActivationToken" && typeof second === "string") {
      this.#token = second;
    } else if (member === "ActionInvoked" && typeof second === "string") {
      this.onHeard({ kind: "pressed", button: second, token: this.#token });
    } else if (member === "NotificationClosed") {
      this.onHeard({ kind: "closed" });
    }
  }
}

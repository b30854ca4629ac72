import { createServer, type Server, type Socket } from "node:net";
import { decodeMessage, encodeMessage, Kind, type Message } from "../../src/desktop/message.ts";
import type { Value } from "../../src/desktop/wire.ts";

/** What the bus and the notification server on it do. */
export interface Manners {
  readonly capabilities?: readonly string[];
  readonly serverName?: string;
  /** Where it falls silent: `AUTH`, or a method. */
  readonly silentAt?: string;
  /** A method that is answered by an error. */
  readonly errorAt?: string;
  /** What it sends in place of the first answer. */
  readonly garbage?: Uint8Array;
}

const BUS_NAME = "org.freedesktop.DBus";
const SERVER_NAME = "org.freedesktop.Notifications";
const SERVER_PATH = "/org/freedesktop/Notifications";
/** The unique name of the server. */
const OWNER = ":1.2";

/** A message bus and a notification server in one socket, which tests can steer. */
export class PaperBus {
  /** The arguments of each Notify. */
  readonly shown: (readonly Value[])[] = [];
  /** Methods that were called, and lines of the handshake. */
  readonly heard: string[] = [];
  manners: Manners;
  readonly #server: Server;
  #socket: Socket | null = null;
  #serial = 100;

  constructor(path: string, manners: Manners = {}) {
    this.manners = manners;
    this.#server = createServer((socket) => this.#serve(socket)).listen(path);
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  /** Waits until so many notices were asked for. */
  async shows(count: number): Promise<readonly Value[]> {
    while (this.shown.length < count) {
      await Bun.sleep(10);
    }
    return this.shown[count - 1] ?? [];
  }

  /** Sends a signal of the server's, or of another sender. */
  signal(member: string, signature: string, body: readonly Value[], sender = OWNER): void {
    const from = { interface: SERVER_NAME, path: SERVER_PATH, sender, member };
    this.#send({ ...from, kind: Kind.signal, signature, body });
  }

  /** Says that the server has left the bus. */
  leave(): void {
    const from = { interface: BUS_NAME, path: "/org/freedesktop/DBus", sender: BUS_NAME };
    const body = [SERVER_NAME, OWNER, ""];
    this.#send({ ...from, kind: Kind.signal, member: "NameOwnerChanged", signature: "sss", body });
  }

  hangUp(): void {
    this.#socket?.destroy();
  }

  #send(message: Partial<Message>): void {
    this.#serial += 1;
    this.#socket?.write(encodeMessage({ ...message, serial: this.#serial }));
  }

  #serve(socket: Socket): void {
    this.#socket = socket;
    let received = Buffer.alloc(0);
    let isOpen = false;
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      while (!isOpen && received.includes("\n")) {
        const line = received.subarray(0, received.indexOf("\n") + 1);
        received = received.subarray(line.length);
        isOpen = this.#greet(line.toString("latin1").replace("\0", "").trim());
      }
      for (let next = isOpen ? decodeMessage(received) : null; next !== null;) {
        received = received.subarray(next.length);
        this.#answer(next.message);
        next = decodeMessage(received);
      }
    });
  }

  #greet(line: string): boolean {
    this.heard.push(line);
    if (line.startsWith("AUTH") && this.manners.silentAt !== "AUTH") {
      this.#socket?.write(
        this.manners.errorAt === "AUTH" ? "REJECTED EXTERNAL\r\n" : "OK 0123456789abcdef\r\n",
      );
    }
    return line === "BEGIN";
  }

  #answer({ body, member, serial }: Message): void {
    this.heard.push(member);
    const { errorAt, garbage, silentAt } = this.manners;
    if (member === silentAt) {
      return;
    }
    if (garbage !== undefined) {
      this.#socket?.write(garbage);
      return;
    }
    const to = { answerTo: serial, sender: OWNER };
    if (member === errorAt) {
      const text = `The name ${SERVER_NAME} was not provided by any .service files`;
      const error = `${BUS_NAME}.Error.ServiceUnknown`;
      this.#send({ ...to, kind: Kind.error, error, signature: "s", body: [text] });
      return;
    }
    if (member === "Notify") {
      this.shown.push(body);
    }
    const [signature, values] = this.#answers(member, body);
    this.#send({ ...to, kind: Kind.answer, signature, body: values });
  }

  #answers(member: string, body: readonly Value[]): readonly [string, readonly Value[]] {
    switch (member) {
      case "Hello":
        return ["s", [":1.7"]];
      case "GetNameOwner":
        return ["s", [OWNER]];
      case "GetCapabilities":
        return ["as", [this.manners.capabilities ?? ["actions", "body", "body-markup"]]];
      case "GetServerInformation":
        return ["ssss", [this.manners.serverName ?? "paper", "bustd", "1", "1.2"]];
      case "Notify":
        return ["u", [body[1] === 0 ? 40 + this.shown.length : (body[1] ?? 0)]];
      default:
        return ["", []];
    }
  }
}

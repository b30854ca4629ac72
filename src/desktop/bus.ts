import { connect, type Socket } from "node:net";
import { decodeMessage, encodeMessage, Kind, type Message } from "./message.ts";
import type { Value } from "./wire.ts";

/** Something is wrong with the bus or with who answers there; the message is for people. */
export class BusError extends Error {}

const BUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
} as const;

/** Lines of the handshake are short. */
const LONGEST_LINE = 1024;

type Call = Pick<Message, "destination" | "path" | "interface" | "member"> &
  Partial<Pick<Message, "signature" | "body">>;

interface Waiting {
  readonly resolve: (body: readonly Value[]) => void;
  readonly reject: (error: BusError) => void;
}

/**
 * A connection to a message bus, for a few calls and the signals that follow: D-Bus Specification,
 * "Authentication Protocol" and "Message Protocol". It serves nothing and passes no descriptors.
 */
export class Bus {
  onSignal: (message: Message) => void = () => {};
  /** It is gone: the session has ended, or something was received that makes no sense. */
  onClosed: (why: string) => void = () => {};
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received: Uint8Array = new Uint8Array();
  /** What is done with what was received; true when there may be more to do. */
  #next: () => boolean = () => false;
  #serial = 0;
  #isClosed = false;
  #isPaused = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Uint8Array) => this.#receive(data));
    socket.on("error", (error) => this.#close(error.message));
    socket.on("close", () => this.#close("the bus closed the connection"));
  }

  /** Connects, says who we are, and gets a name; `BusError` if not in time. */
  static async open(path: string, uid: number, withinMs: number): Promise<Bus> {
    const bus = new Bus(connect({ path }));
    const timer = setTimeout(() => bus.#close("it does not answer"), withinMs);
    try {
      await bus.#authenticate(uid);
      await bus.call({ ...BUS, member: "Hello" });
      return bus;
    } catch (error) {
      bus.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls a method; what it answers. */
  call(call: Call): Promise<readonly Value[]> {
    this.#serial += 1;
    const serial = this.#serial;
    const answer = new Promise<readonly Value[]>((resolve, reject) => {
      this.#waiting.set(serial, { resolve, reject });
    });
    if (this.#isClosed) {
      this.#close("");
    } else {
      this.#socket.write(encodeMessage({ ...call, kind: Kind.call, serial }));
    }
    return answer;
  }

  /** Asks for the signals that match; org.freedesktop.DBus.AddMatch. */
  async listen(rule: string): Promise<void> {
    await this.call({ ...BUS, member: "AddMatch", signature: "s", body: [rule] });
  }

  /** The unique name of who has a name now, or "". */
  async ownerOf(name: string): Promise<string> {
    const call = { ...BUS, member: "GetNameOwner", signature: "s", body: [name] };
    const [owner] = await this.call(call).catch(() => []);
    return typeof owner === "string" ? owner : "";
  }

  close(): void {
    this.#close("it was closed");
  }

  #authenticate(uid: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve: () => resolve(), reject });
      this.#next = () => this.#greeted();
      const digits = Buffer.from(String(uid)).toString("hex");
      this.#socket.write(`\0AUTH EXTERNAL ${digits}\r\n`);
    });
  }

  #greeted(): boolean {
    const end = this.#received.indexOf(0x0a);
    if (end < 0) {
      if (this.#received.length > LONGEST_LINE) {
        this.#close("what answers is no message bus");
      }
      return false;
    }
    const line = new TextDecoder().decode(this.#received.subarray(0, end)).trim();
    this.#received = this.#received.subarray(end + 1);
    if (!line.startsWith("OK")) {
      this.#close("it refuses us");
      return false;
    }
    this.#socket.write("BEGIN\r\n");
    this.#next = () => this.#readMessage();
    this.#waiting.get(0)?.resolve([]);
    this.#waiting.delete(0);
    return true;
  }

  #readMessage(): boolean {
    const decoded = decodeMessage(this.#received);
    if (decoded === null) {
      return false;
    }
    const { length, message } = decoded;
    this.#received = this.#received.subarray(length);
    const waiting = this.#waiting.get(message.answerTo);
    if (message.kind === Kind.signal) {
      this.onSignal(message);
    } else if (waiting !== undefined && message.kind !== Kind.call) {
      this.#waiting.delete(message.answerTo);
      if (message.kind === Kind.answer) {
        waiting.resolve(message.body);
      } else {
        const [text] = message.body;
        const words = typeof text === "string" && text !== "" ? text : message.error;
        waiting.reject(new BusError(words));
      }
    }
    return true;
  }

  #receive(data: Uint8Array): void {
    const all = new Uint8Array(this.#received.length + data.length);
    all.set(this.#received);
    all.set(data, this.#received.length);
    this.#received = all;
    this.#read();
  }

  /** One message in each turn: who waited for an answer sees it before the signals behind it. */
  #read(): void {
    try {
      if (!this.#isClosed && !this.#isPaused && this.#next()) {
        this.#isPaused = true;
        setImmediate(() => {
          this.#isPaused = false;
          this.#read();
        });
      }
    } catch (error) {
      this.#close(error instanceof Error ? error.message : "");
    }
  }

  #close(why: string): void {
    const isFirst = !this.#isClosed;
    this.#isClosed = true;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) {
      reject(new BusError(why));
    }
    this.#waiting.clear();
    if (isFirst) {
      this.onClosed(why);
    }
  }
}

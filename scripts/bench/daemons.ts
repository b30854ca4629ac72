/** The daemons that stories are played with. */
import { bustdLike, knownSubjects, type Subject } from "../../tests/vm/subjects.ts";

/** Those of these names, or all that there are. `extra`: `NAME=COMMAND LINE` of other builds.
 * Throws with a sentence for people. */
export function chooseDaemons(names: string, extra: readonly string[]): Subject[] {
  const others = extra.map((text) => {
    const [name = "", ...command] = text.split("=");
    return bustdLike(name, command.join("="));
  });
  const all = [...knownSubjects(), ...others];
  if (!names) return all.filter((subject) => !subject.missing);
  return names.split(",").map((name) => {
    const subject = all.find((one) => one.name === name);
    if (!subject) throw new Error(`there is no daemon ${JSON.stringify(name)}; see --help`);
    if (subject.missing) throw new Error(`${name}: ${subject.missing}`);
    return subject;
  });
}

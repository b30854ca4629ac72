import { describe, expect, test } from "bun:test";
import { readOrigin } from "../../scripts/release/origin.ts";
import { placeholdersIn } from "../../scripts/release/placeholders.ts";

const ANN = "Ann Other <ann@other.org>";
const NOBODY = "Nobody <nobody@localhost>";
const clues = (given: Partial<Parameters<typeof readOrigin>[0]>) =>
  readOrigin({ repository: "someone/bustd", maintainer: undefined, candidates: [], ...given });

describe("who publishes a release", () => {
  test("gives the home, and what gh wants", () => {
    const { home, repository } = clues({ repository: "some-one/bustd.ts" });
    expect([repository, home]).toEqual([
      "some-one/bustd.ts",
      "https://github.com/some-one/bustd.ts",
    ]);
  });

  test.each([
    [undefined, "who publishes it: set GITHUB_REPOSITORY=owner/name, or give --repository"],
    ["", "who publishes it"],
    ["bustd", "in place of the repository bustd"],
    ["a/b/c", "in place of the repository a/b/c"],
    ["OWNER/bustd", "in place of the repository OWNER/bustd"],
    ["https://github.com/a/b", "in place of the repository https://github.com/a/b"],
  ])("%j is refused", (repository, sentence) => {
    expect(() => clues({ repository })).toThrow(sentence);
  });
});

describe("who answers for the packages", () => {
  const addresses: readonly (readonly [string, boolean])[] = [
    [ANN, true],
    ["Jörg D. O'Brien <j.d+x@mail.example-shop.de>", true],
    ["1234+ann@users.noreply.github.com", false],
    ["Ann <1234+ann@users.noreply.github.com>", true],
    ["Ann <ann@localhost>", false],
    ["Ann <ann@localhost.invalid>", false],
    ["Ann <ann@machine.localdomain>", false],
    ["Ann <ann@example.org>", false],
    ["Ann <ann@mail.example>", false],
    ["Ann <ann@EXAMPLE.com>", false],
    ["Ann <@VERSION@>", false],
    ["Ann <ann@other.org>, Bob <bob@other.org>", false],
    ["Ann\nX: <ann@other.org>", false],
    [" <ann@other.org>", false],
    ["", false],
  ];

  test.each(addresses)("%j: %p", (address, isUsable) => {
    const { maintainer } = clues({ candidates: [address] });
    expect(maintainer === address).toBe(isUsable);
    if (!isUsable) {
      expect(() => clues({ maintainer: address })).toThrow("a name and a real address");
    }
  });

  test("is who was named, or the first whose address can be somebody's, or the owner", () => {
    expect(clues({ maintainer: ANN, candidates: ["Bob <bob@other.org>"] }).maintainer).toBe(ANN);
    expect(clues({ candidates: [NOBODY, ANN, "Bob <bob@other.org>"] }).maintainer).toBe(ANN);
    expect(clues({ candidates: [NOBODY, ""] }).maintainer).toBe(
      "someone <someone@users.noreply.github.com>",
    );
  });

  test("all that is missing is said at once", () => {
    expect(() => clues({ repository: undefined, maintainer: NOBODY })).toThrow(
      /who publishes it.*; a name and a real address.* in place of Nobody/,
    );
  });
});

test.each([
  ["url='@HOME@'", ["@HOME@"]],
  ["Maintainer: X <bustd@localhost.invalid>", ["@localhost.invalid"]],
  ["x@localhost", ["@localhost"]],
  ["see https://www.example.com/a", ["//www.example.com"]],
  ["https://github.com/OWNER/bustd", ["github.com/OWNER/"]],
  ["https://github.com/someone/bustd, a@b.org, @eslint-community, user@1000.service", []],
  ["x@example.org.uk, bin@test-shop.de", []],
])("placeholders of %j: %j", (text, found) => {
  expect(placeholdersIn(text)).toEqual(found);
});

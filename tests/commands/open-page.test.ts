import { expect, test } from "bun:test";
import { openerOf } from "../../src/commands/open-page.ts";

test("a page is opened by the desktop's own opener", () => {
  expect(openerOf("/run/a b.html", "token", false)).toEqual(["xdg-open", "/run/a b.html"]);
});

test("a service has it opened outside of itself: it would take the browser along", () => {
  const unit = ["systemd-run", "--user", "--quiet", "--collect", "--property=KillMode=process"];
  const opener = ["--", "xdg-open", "/run/p.html"];
  expect(openerOf("/run/p.html", "", true)).toEqual([...unit, ...opener]);
  expect(openerOf("/run/p.html", "t", true)).toEqual([
    ...unit,
    "--setenv=XDG_ACTIVATION_TOKEN=t",
    ...opener,
  ]);
});

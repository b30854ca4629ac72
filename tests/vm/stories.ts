import { crowds } from "./stories/crowds.ts";
import { leaks } from "./stories/leaks.ts";
import { odd } from "./stories/odd.ts";
import { peaceful } from "./stories/peaceful.ts";
import { preferences } from "./stories/preferences.ts";
import { workingSets } from "./stories/working-sets.ts";
import type { Story } from "./story.ts";

/** Every story by its name. */
export const stories: Record<string, Story> = {
  ...leaks,
  ...crowds,
  ...workingSets,
  ...odd,
  ...peaceful,
  preferences,
};

import type { TargetSpec } from "./define.ts";
import { XbcError } from "./errors.ts";

/** What the technology's laws say of a condition. @throws BAD_TECHNOLOGY where they give no finite numbers */
export function lawful({ technology, condition, laws }: TargetSpec) {
  const weak = technology.weakCondition;
  const found = {
    programming: laws.programming(technology, condition),
    noise: laws.noise(technology, condition),
    weak:
      weak && weak !== condition ? { condition: weak, noise: laws.noise(technology, weak) } : null,
    costModel: laws.costs(technology, condition),
  };
  for (const [name, value] of Object.entries(found)) requireFinite(value, technology.name, name);
  return found;
}

/**
 * Every number below a value that a technology's laws gave: parameters far from any device can make one that is none.
 * @param where what the value is, such as `programming`
 * @throws BAD_TECHNOLOGY with the path of the first number that is not finite
 */
function requireFinite(value: unknown, technology: string, where: string): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology}: needs parameters that give finite numbers, found ${value} for ${where}; correct those that are far from any device`,
    );
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value))
    requireFinite(part, technology, `${where}/${key}`);
}

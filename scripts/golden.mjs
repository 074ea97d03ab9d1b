// Rewrites the texts that test/golden expects: `npm run golden`, then read the diff.
import { spawnSync } from "node:child_process";

const { status } = spawnSync("npx", ["vitest", "run", "test/golden"], {
  stdio: "inherit",
  env: { ...process.env, UPDATE_GOLDEN: "1" },
});
process.exitCode = status ?? 1;

import chalk from "chalk";
import type { Paint } from "../runtime/report/paint.ts";

/** Colours of a terminal; chalk leaves them out where NO_COLOR or the terminal says so. */
export const colours: Paint = {
  strong: chalk.bold,
  dim: chalk.dim,
  good: chalk.green,
  bad: chalk.red,
  warning: chalk.yellow,
};

import chalk from "chalk";
import type { Paint } from "../runtime/report/paint.ts";

/** Colours of a terminal; chalk leaves them out where NO_COLOR or the terminal says so. One text each: chalk joins all that it is given. */
export const colours: Paint = {
  strong: (text) => chalk.bold(text),
  dim: (text) => chalk.dim(text),
  good: (text) => chalk.green(text),
  bad: (text) => chalk.red(text),
  warning: (text) => chalk.yellow(text),
};

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { version } from "../compiler/version.ts";

const root = join(import.meta.dirname, "..");
const floors = ["compiler", "passes", "targets", "runtime", "cli"] as const;
type Floor = (typeof floors)[number] | "index";

/** What each floor may import: the arrows of the house run down. */
const below: Readonly<Record<Floor, readonly Floor[]>> = {
  compiler: [],
  passes: ["compiler"],
  targets: ["compiler"],
  runtime: ["compiler"],
  index: ["compiler", "passes", "targets", "runtime"],
  cli: ["compiler", "passes", "targets", "runtime", "index"],
};

interface Source {
  /** from the project's root */
  readonly path: string;
  readonly floor: Floor;
  readonly text: string;
}

const written = (path: string) => /\.(ts|mjs)$/.test(path) && !path.includes(".generated.");

/** Files of a folder and of those in it, hidden and generated ones left out. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => written(path));
}

const sources: readonly Source[] = [
  ...floors.flatMap((floor) => filesOf(floor).map((path) => ({ path, floor }))),
  { path: "index.ts", floor: "index" as const },
].map((source) => ({ ...source, text: readFileSync(join(root, source.path), "utf8") }));

/** What a file imports at once, in code: not what it imports when asked, nor what a comment says. */
function importsOf(text: string): readonly string[] {
  const statements = text.matchAll(
    /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm,
  );
  return [...statements].map(([, from, bare]) => from ?? bare);
}

/** What it imports when asked. */
const lazyImportsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?["']([^"']+)["']/g)].map(([, from]) => from);

function floorOf(from: string, specifier: string): Floor | null {
  const path = relative(root, resolve(join(root, dirname(from)), specifier));
  if (path === "index.ts") return "index";
  return floors.find((floor) => path.startsWith(`${floor}/`)) ?? null;
}

test("the reader of imports sees those of this file and of a long one", () => {
  expect(importsOf(readFileSync(join(root, "test/repository.test.ts"), "utf8"))).toContain(
    "../compiler/version.ts",
  );
  expect(
    importsOf(
      'import {\n  a,\n  b,\n} from "./c.ts";\nexport { d } from "./e.ts";\nimport "./f.ts";',
    ),
  ).toEqual(["./c.ts", "./e.ts", "./f.ts"]);
  expect(sources.length).toBeGreaterThan(100);
});

describe("imports run down", () => {
  test.each([...floors, "index"] as const)("%s imports only what lies below it", (floor) => {
    const wrong = sources
      .filter((source) => source.floor === floor)
      .flatMap(({ path, text }) =>
        [...importsOf(text), ...lazyImportsOf(text)]
          .filter((specifier) => specifier.startsWith("."))
          .filter((specifier) => {
            const to = floorOf(path, specifier);
            return to !== null && to !== floor && !below[floor].includes(to);
          })
          .map((specifier) => `${path} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  test("what runs in a browser imports nothing of Node, but when asked", () => {
    const wrong = sources
      .filter(({ floor }) => floor !== "cli")
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter((from) => from.startsWith("node:"))
          .map((from) => `${path} imports ${from}`),
      );
    expect(wrong).toEqual([]);
  });

  test("relative imports name a file that is there, with its ending", () => {
    const wrong = sources.flatMap(({ path, text }) =>
      importsOf(text)
        .filter((from) => from.startsWith(".") && !from.includes(".generated."))
        .filter(
          (from) => !/\.(ts|js|mjs)$/.test(from) || !existsSync(join(root, dirname(path), from)),
        )
        .map((from) => `${path} imports ${from}`),
    );
    expect(wrong.filter((line) => !line.includes("kernels/assembly"))).toEqual([]);
  });

  test("only the command line prints", () => {
    const wrong = sources
      .filter(
        ({ floor, text }) =>
          floor !== "cli" &&
          /\b(console\.|process\.(stdout|stderr))/.test(
            text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""),
          ),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

describe("sizes and words", () => {
  test("no file of the source folders has more than 400 lines of code, blank lines and comments apart", () => {
    const long = sources.flatMap(({ path, text }) => {
      const lines = text.split("\n").filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
      return lines > 400 ? [`${path}: ${lines} lines`] : [];
    });
    expect(long).toEqual([]);
  });

  test("no random number comes from outside the counter-based source, and no work is left as a note", () => {
    const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "");
    const wrong = sources.filter(
      ({ text }) =>
        /\bMath\.random\b/.test(code(text)) || /\b(TODO|FIXME|XXX)\b(?! *\(?#\d)/.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

test("the version is said once: package.json and compiler/version.ts agree", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(manifest.version).toBe(version);
});

describe("documents", () => {
  const documents = [
    "",
    "compiler",
    "passes",
    "targets",
    "runtime",
    "cli",
    "examples",
    "docs",
    "test",
  ]
    .flatMap((folder) =>
      existsSync(join(root, folder))
        ? readdirSync(join(root, folder)).map((name) => join(folder, name))
        : [],
    )
    .filter((path) => path.endsWith(".md"));

  test("links to files of the project lead somewhere", () => {
    const broken = documents.flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8").replace(/```[\s\S]*?```/g, "");
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, to]) => to)
        .filter((to) => !/^(https?:|mailto:|#)/.test(to))
        .filter(
          (to) => !existsSync(join(root, dirname(path), decodeURIComponent(to.split("#")[0]))),
        )
        .map((to) => `${path} links to ${to}`);
    });
    expect(broken).toEqual([]);
  });
});

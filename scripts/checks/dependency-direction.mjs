/** Dependencies point one way: reads every import and every package.json, and names what goes against the table. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "../setup.mjs";

const mayImport = {
  proxy: ["router", "accounts", "cost-calculator"],
  router: ["cost-calculator"],
  accounts: ["cost-calculator"],
  "cost-calculator": [],
  simulator: [],
};
/** Named only to start it as a process (`import.meta.resolve`): the simulator is an independent witness. */
const mayStart = { proxy: ["simulator"] };
const mayUseExpress = ["proxy", "simulator"];

const specifiers = /\b(?:from|import|require|import\.meta\.resolve)\s*\(?\s*["']([^"'\n]+)["']/g;

const faults = readdirSync(join(root, "packages")).flatMap((name) => {
  const folder = join(root, "packages", name);
  if (!existsSync(join(folder, "package.json"))) return [];
  if (!Object.hasOwn(mayImport, name))
    return [`${name}: not in the table of scripts/checks/dependency-direction.mjs`];
  return [...faultsOfManifest(name, folder), ...faultsOfSources(name, folder)];
});
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}

function faultsOfManifest(name, folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const kinds = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
  const named = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  return named
    .filter((other) => isForbidden(name, other, true))
    .map((other) => `${name}/package.json names ${other}`);
}

function faultsOfSources(name, folder) {
  return sourcesOf(join(folder, "src")).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(specifiers)]
      .filter(([whole, specifier]) => {
        if (specifier.startsWith("."))
          return relative(folder, resolve(file, "..", specifier)).startsWith("..");
        return isForbidden(name, specifier, whole.startsWith("import.meta.resolve"));
      })
      .map(([, specifier]) => `${relative(root, file)} imports ${specifier}`);
  });
}

function isForbidden(name, specifier, isOnlyNamed) {
  if (/^(@types\/)?express(\/|$)/.test(specifier)) return !mayUseExpress.includes(name);
  const [, other] = /^@darkroom\/([^/]+)/.exec(specifier) ?? [];
  if (other === undefined || other === name || mayImport[name].includes(other)) return false;
  return !(isOnlyNamed && (mayStart[name] ?? []).includes(other));
}

function sourcesOf(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile() && /\.[cm]?[jt]sx?$/.test(e.name))
    .map((e) => join(e.parentPath, e.name));
}

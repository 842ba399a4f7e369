// Run in this folder after `npm ci`. Copies named files of exact package versions into the project, with licence and SHA-384 of each.
// `node vendor.mjs` writes; `node vendor.mjs --check` compares and fails when anything differs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = "../..";
const FONTS = readdirSync("node_modules/katex/dist/fonts").filter((name) => name.endsWith(".woff2")).sort();
const SHELVES = {
  "exam_server/static/vendor": {
    "socket.io-client": { "socket.io.min.js": "dist/socket.io.min.js", LICENSE: "LICENSE" },
    katex: {
      "katex.min.js": "dist/katex.min.js",
      "katex.min.css": "dist/katex.min.css",
      ...Object.fromEntries(FONTS.map((name) => [`fonts/${name}`, `dist/fonts/${name}`])),
      LICENSE: "LICENSE",
    },
  },
  "tests/support/vendor": { "axe-core": { "axe.min.js": "axe.min.js", "axe.LICENSE": "LICENSE" } },
};

/** Files of one shelf, path inside the shelf to bytes, with the manifest last. */
function shelfFiles(shelf, packages) {
  const files = new Map();
  const manifest = {};
  for (const [name, wanted] of Object.entries(packages)) {
    const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
    manifest[name] = { version, license, files: {} };
    for (const [target, source] of Object.entries(wanted)) {
      const path = shelf.startsWith("tests") ? target : `${name}/${target}`;
      const bytes = readFileSync(join("node_modules", name, source));
      files.set(path, bytes);
      manifest[name].files[path] = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
    }
  }
  return files.set("MANIFEST.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
}

const checking = process.argv.includes("--check");
const different = [];
for (const [shelf, packages] of Object.entries(SHELVES)) {
  const files = shelfFiles(shelf, packages);
  if (!checking) rmSync(join(ROOT, shelf), { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const target = join(ROOT, shelf, path);
    if (checking) {
      if (!existsSync(target) || !readFileSync(target).equals(bytes)) different.push(target);
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
  }
}
if (different.length) {
  console.error(`differs from the packages: ${different.join(", ")}`);
  process.exit(1);
}

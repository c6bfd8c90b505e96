/**
 * Loaded before every command (`node --require`): says what to do where the command can't run as things are installed.
 *
 * Contract: runs on any Node since 12, hence plain JavaScript without modules. Prints nothing and loads nothing if all is
 * well. Where something is missing, prints what it is and the remedy, and exits with 1. Where what is installed is only not
 * what package-lock.json says, prints one line about it and goes on; run as a program with `--exact`, exits with 1.
 */
'use strict';
const { existsSync, readFileSync, realpathSync } = require('node:fs');
const { join } = require('node:path');

/** The first with `import.meta.main`; from 24 on TypeScript is run as it is. https://nodejs.org/api/esm.html#importmetamain */
const NODE_MIN = [24, 2];
/** How many packages a message names. */
const NAMES_MAX = 5;

const root = join(__dirname, '../..');
const package_ = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const locked = packagesOf('package-lock.json');
/** What npm says it has installed; null: something else has installed it, or nothing has. */
const installed = packagesOf('node_modules/.package-lock.json');
const [major, minor] = process.versions.node.split('.').map(Number);
/** The path of this platform's Node; undefined if there is none. */
const ownNode = Object.keys(locked).find((path) => isNode(path) && fits(locked[path]));

const problem = tooOld() || incomplete();
const difference = problem ? null : differences();
if (problem || difference) process.stderr.write(`${printable(problem || difference)}\n`);
if (problem || (difference && require.main === module && process.argv[2] === '--exact')) process.exit(1);

function tooOld() {
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return null;
  const what = `Tocsin needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`;
  if (ownNode === undefined)
    return `${what}\nNone comes with Tocsin for ${process.platform} on ${process.arch}: install it from nodejs.org.`;
  if (isThere(ownNode)) return `${what}\nThe right one is installed, but not used. Use npm: npm run …, not node …`;
  return `${what}\nThe one that comes with it is not installed. Run: npm ci (without --omit=optional)`;
}

function incomplete() {
  const direct = Object.keys(Object.assign({}, package_.dependencies, package_.devDependencies));
  const directPaths = direct.map((name) => `node_modules/${name}`);
  // pnpm has the others elsewhere.
  const needed = installed === null ? directPaths : directPaths.concat(Object.keys(locked).filter(isNeeded));
  const missing = Array.from(new Set(needed)).filter((path) => !isThere(path));
  if (missing.length === 0) return null;
  const isAll = directPaths.every((path) => missing.includes(path));
  const what = isAll ? 'Nothing is installed.' : `Not everything is installed: ${list(missing.map(nameOf))}.`;
  return `${what}\nRun: npm ci (without --omit=dev or --omit=optional)`;
}

/** Of Node's own packages, `tooOld` says whether this platform's is needed. */
function isNeeded(path) {
  const entry = locked[path];
  // An optional one is for some platforms; or for the sake of such a one.
  const isOptional = entry.optional === true && entry.os === undefined && entry.cpu === undefined;
  return !isNode(path) && !isOptional && fits(entry);
}

function differences() {
  if (installed === null) return 'What is installed is not from package-lock.json. Run: npm ci';
  const paths = Object.keys(locked).filter((path) => isNeeded(path) || path === ownNode || installed[path]);
  const found = paths
    .filter((path) => !isSame(locked[path], installed[path]))
    .map((path) => `${nameOf(path)} is ${installed[path] ? installed[path].version : 'missing'}`)
    .concat(
      Object.keys(installed)
        .filter((path) => !locked[path])
        .map((path) => `${nameOf(path)} is too much`),
    );
  if (found.length > 0) return `What is installed is not what package-lock.json says: ${list(found)}. Run: npm ci`;
  if (ownNode === undefined) return null;
  const program = join(root, ownNode, locked[ownNode].bin.node);
  if (existsSync(program) && realpathSync.native(program) === realpathSync.native(process.execPath)) return null;
  return `This Node is not the one of package-lock.json, but ${process.execPath}. Use npm: npm run …, or run: npm ci`;
}

function isSame(entry, other) {
  return other !== undefined && other.version === entry.version && other.integrity === entry.integrity;
}

/** The packages by path. Null if there is no such file. */
function packagesOf(file) {
  const path = join(root, file);
  if (!existsSync(path)) return null;
  const packages = Object.assign({}, JSON.parse(readFileSync(path, 'utf8')).packages);
  delete packages[''];
  return packages;
}

function isNode(path) {
  return Object.keys(Object.assign({}, package_.optionalDependencies)).some((name) => path === `node_modules/${name}`);
}

/** Whether npm installs it here. Node, workerd and Biome are for glibc only. */
function fits(entry) {
  return includes(entry.os, process.platform) && includes(entry.cpu, process.arch) && includes(entry.libc, 'glibc');
}

function includes(list, value) {
  return list === undefined || [].concat(list).includes(value);
}

function isThere(path) {
  return existsSync(join(root, path, 'package.json'));
}

function nameOf(path) {
  return path.replace(/^node_modules\//, '');
}

function list(texts) {
  const more = texts.length - NAMES_MAX;
  return texts.slice(0, NAMES_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Names are from files: nothing in them may command the terminal. */
function printable(text) {
  return text.replace(/[^\n -~…]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
